import type { RegisterTaskDefinitionBody, RunTaskBody } from './ports.ts'

/** The members of ECS's request bodies that the builders work on. */
export type Container = NonNullable<RegisterTaskDefinitionBody['containerDefinitions']>[number]
export type KeyValue = NonNullable<Container['environment']>[number]
export type EcsTag = NonNullable<RunTaskBody['tags']>[number]
export type Overrides = NonNullable<RunTaskBody['overrides']>
export type StrategyItem = NonNullable<RunTaskBody['capacityProviderStrategy']>[number]
export type EcsNetworkConfiguration = NonNullable<RunTaskBody['networkConfiguration']>

/** `T` without `readonly`, all the way down. */
export type Writable<T> = T extends readonly (infer Item)[]
  ? Writable<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Writable<T[K]> }
    : T

/** A deep copy that may be put into a request: manifests hold ECS's own shapes, spelled readonly. */
export function writable<T>(value: T): Writable<T> {
  return structuredClone(value) as Writable<T>
}

/** A deep copy without undefined and null members and list items; zero, false and empty text stay. */
export function withoutAbsent<T>(value: T): T {
  return strip(value) as T
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(isPresent).map(strip)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, member]) => isPresent(member))
  return Object.fromEntries(entries.map(([key, member]) => [key, strip(member)]))
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** Members of DescribeTaskDefinition that RegisterTaskDefinition does not take. */
const READ_ONLY: readonly string[] = [
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'deleteRequestedAt',
]

/** A definition without what only ECS can say about it. */
export function registrable(definition: RegisterTaskDefinitionBody): RegisterTaskDefinitionBody {
  const members = Object.entries(definition).filter(([member]) => !READ_ONLY.includes(member))
  return Object.fromEntries(members) as unknown as RegisterTaskDefinitionBody
}
