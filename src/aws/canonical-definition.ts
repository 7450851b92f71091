import { canonicalJson, isJsonObject, type Json, type JsonObject, ownMember } from '../lib/json.ts'
import { registrable } from './ecs-shapes.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { parseTaskCpu, parseTaskMemory } from './task-size.ts'

/** Lists whose order means nothing, as objects by the key of their items; others keep their order. */
const KEYED_LISTS: Readonly<Record<string, (item: JsonObject) => string>> = {
  containerDefinitions: (item) => text(item['name']),
  environment: (item) => text(item['name']),
  secrets: (item) => text(item['name']),
  secretOptions: (item) => text(item['name']),
  environmentFiles: (item) => text(item['value']),
  mountPoints: (item) => text(item['containerPath']),
  portMappings: (item) =>
    `${text(item['containerPort'] ?? item['containerPortRange'])}/${text(item['protocol'])}/${text(item['hostPort'])}`,
  dependsOn: (item) => text(item['containerName']),
  volumesFrom: (item) => text(item['sourceContainer']),
  ulimits: (item) => text(item['name']),
  systemControls: (item) => text(item['namespace']),
  resourceRequirements: (item) => text(item['type']),
  extraHosts: (item) => `${text(item['hostname'])}=${text(item['ipAddress'])}`,
  volumes: (item) => text(item['name']),
  tags: (item) => text(item['key']),
  placementConstraints: (item) => `${text(item['type'])}:${text(item['expression'])}`,
  inferenceAccelerators: (item) => text(item['deviceName']),
  properties: (item) => text(item['name']),
}
/** Lists of plain text whose order means nothing. */
const SETS: readonly string[] = ['requiresCompatibilities', 'add', 'drop', 'credentialSpecs']

/** What ECS fills in where a body is silent; such a member means the same as none. */
const DEFAULTS: Readonly<Record<string, readonly Json[]>> = {
  essential: [true],
  versionConsistency: ['enabled'],
  interval: [30],
  timeout: [5],
  retries: [3],
  startPeriod: [0],
  protocol: ['tcp'],
  rootDirectory: ['/'],
  transitEncryption: ['DISABLED'],
  iam: ['DISABLED'],
  restartAttemptPeriod: [300],
  cpuArchitecture: ['X86_64'],
  operatingSystemFamily: ['LINUX'],
  scope: ['task'],
}
const OWN_TAG = /^capstan\.dev\//

/**
 * The definition in one form for all that mean the same: lists by key, defaults and empty members left
 * out, sizes in units. False is the default of every flag of ECS but `essential`.
 */
export function canonicalDefinition(body: RegisterTaskDefinitionBody): JsonObject {
  const networkMode = body.networkMode ?? 'bridge'
  const definition = {
    ...registrable(body),
    networkMode: networkMode === 'bridge' ? undefined : networkMode,
    cpu: parseTaskCpu(body.cpu) ?? body.cpu,
    memory: parseTaskMemory(body.memory) ?? body.memory,
    tags: body.tags?.filter((tag) => !OWN_TAG.test(tag.key ?? '')),
    containerDefinitions: body.containerDefinitions?.map((container) => ({
      ...container,
      cpu: container.cpu === 0 ? undefined : container.cpu,
      portMappings: container.portMappings?.map((mapping) => canonicalPort(mapping, networkMode)),
    })),
  }
  const canonical = canonicalMember('', definition)
  return isJsonObject(canonical) ? canonical : {}
}

type PortMapping = NonNullable<
  NonNullable<RegisterTaskDefinitionBody['containerDefinitions']>[number]['portMappings']
>[number]

/** Under awsvpc and host the host port is the container's; under bridge 0 means any. */
function canonicalPort(mapping: PortMapping, networkMode: string): object {
  const isSame = networkMode !== 'bridge' && mapping.hostPort === mapping.containerPort
  const hostPort = isSame || mapping.hostPort === 0 ? undefined : mapping.hostPort
  return { ...mapping, hostPort, protocol: mapping.protocol ?? 'tcp' }
}

/** Undefined for members that mean nothing. */
function canonicalMember(name: string, value: unknown): Json | undefined {
  if (Array.isArray(value)) return canonicalList(name, value)
  if (isJsonObject(value)) return canonicalObject(value)
  if (value === null || value === undefined || isDefault(name, value)) return undefined
  return value as Json
}

function isDefault(name: string, value: unknown): boolean {
  if (value === false) return name !== 'essential'
  return ownMember(DEFAULTS, name)?.some((candidate) => candidate === value) ?? false
}

/** Free maps (options, labels) have names that are data, so no default is looked up for them. */
const FREE_MAPS: readonly string[] = ['options', 'dockerLabels', 'driverOpts', 'labels']

function canonicalObject(value: JsonObject): JsonObject | undefined {
  const entries = Object.entries(value).flatMap(([key, member]): [string, Json][] => {
    const isFree = FREE_MAPS.includes(key) && isJsonObject(member)
    const canonical = isFree ? canonicalMap(member) : canonicalMember(key, member)
    return canonical === undefined ? [] : [[key, canonical]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function canonicalMap(map: JsonObject): JsonObject | undefined {
  return Object.keys(map).length === 0 ? undefined : map
}

function canonicalList(name: string, list: readonly unknown[]): Json | undefined {
  if (list.length === 0) return undefined
  const keyOf = ownMember(KEYED_LISTS, name)
  if (keyOf && list.every(isJsonObject)) return keyedList(list, keyOf)
  const items = list.map((item) => canonicalMember('', item) ?? null)
  return SETS.includes(name) ? items.sort((a, b) => (text(a) < text(b) ? -1 : 1)) : items
}

/** An object by key; where two items have one key, a list in the order of their texts. */
function keyedList(list: readonly JsonObject[], keyOf: (item: JsonObject) => string): Json {
  const items = list.map((item) => canonicalObject(item) ?? {})
  const byKey = Object.fromEntries(list.map((item, index) => [keyOf(item), items[index] ?? {}]))
  if (Object.keys(byKey).length === list.length) return byKey
  return items.sort((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1))
}

function text(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
