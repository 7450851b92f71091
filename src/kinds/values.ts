import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { nearest } from '../lib/nearest.ts'
import type { Level } from './merge.ts'
import type { PathStep } from './placeholder.ts'
import type { ResolveChecks, ResolveInput, ResolveProblem } from './resolve.ts'
import type { Scope, TemplateContext } from './template.ts'

/** What a schema says about a value: where, from the value down, and what. */
export interface ShapeIssue {
  readonly path: readonly PathStep[]
  readonly message: string
  /** Text is expected, and a number or a boolean was found. */
  readonly wantsText?: true
}

export interface ResolvedValues {
  readonly parameters: JsonObject
  readonly variables: JsonObject
  readonly context: TemplateContext
  readonly problems: readonly ResolveProblem[]
}

interface LeveledValues {
  readonly level: Level
  readonly values: JsonObject | undefined
}

/**
 * Parameters and variables of a run: schema defaults, then the deployment's, then the run's own, key by
 * key, checked against the deployment's parameterSchema and the pool's variables.
 */
export function resolveValues(input: ResolveInput, check: ResolveChecks['values']): ResolvedValues {
  const { run, pool, deployment } = input
  const parameterSchema = deployment?.spec.parameterSchema
  const parameters = overlay(parameterSchema, [
    { level: 'Deployment', values: deployment?.spec.parameters },
    { level: 'Run', values: run.spec.parameters },
  ])
  const variables = overlay(pool.spec.variables, [
    { level: 'Deployment', values: deployment?.spec.variables },
    { level: 'Run', values: run.spec.variables },
  ])
  const enforced = deployment?.spec.enforceParameterSchema === false ? undefined : parameterSchema
  const problems = [
    ...checkValues('parameters', enforced, parameters, check),
    ...undeclaredVariables(pool.spec.variables, variables, pool.name),
    ...checkValues('variables', pool.spec.variables, variables, check),
  ]
  const context = contextOf(input, {
    parameters: scopeOf(parameterSchema, parameters.values),
    variables: scopeOf(pool.spec.variables, variables.values),
  })
  return { parameters: parameters.values, variables: variables.values, context, problems }
}

interface Overlaid {
  readonly values: JsonObject
  readonly levels: ReadonlyMap<string, Level>
}

function overlay(schema: JsonObject | undefined, given: readonly LeveledValues[]): Overlaid {
  const values = new Map<string, Json>()
  const levels = new Map<string, Level>()
  for (const [name, property] of Object.entries(propertiesOf(schema))) {
    // A null default means "none" in schemas that pydantic writes.
    const value = isJsonObject(property) ? property['default'] : undefined
    if (value !== undefined && value !== null) values.set(name, value)
  }
  for (const { level, values: more } of given) {
    for (const [name, value] of Object.entries(more ?? {})) {
      if (value === undefined) continue
      values.set(name, value)
      levels.set(name, level)
    }
  }
  return { values: Object.fromEntries(values), levels }
}

function propertiesOf(schema: JsonObject | undefined): JsonObject {
  const properties = schema?.['properties']
  return isJsonObject(properties) ? properties : {}
}

/** What the schema names can be used in placeholders, and what was given without being named. */
function scopeOf(schema: JsonObject | undefined, values: JsonObject): Scope {
  return {
    declared: [...new Set([...Object.keys(propertiesOf(schema)), ...Object.keys(values)])],
    values,
  }
}

function checkValues(
  field: 'parameters' | 'variables',
  schema: JsonObject | undefined,
  { values, levels }: Overlaid,
  check: ResolveChecks['values'],
): readonly ResolveProblem[] {
  if (schema === undefined) return []
  const code = field === 'parameters' ? 'InvalidParameter' : 'InvalidVariable'
  return check(schema, values).map(({ path, message }) => ({
    code,
    level: levels.get(String(path[0])) ?? 'Run',
    path: [field, ...path],
    message,
  }))
}

/** A pool that declares its variables takes no others, unless its schema says so. */
function undeclaredVariables(
  schema: JsonObject | undefined,
  { levels }: Overlaid,
  pool: string,
): readonly ResolveProblem[] {
  const declared = Object.keys(propertiesOf(schema))
  const open = schema?.['additionalProperties'] ?? false
  if (declared.length === 0 || open !== false) return []
  return [...levels]
    .filter(([name]) => !declared.includes(name))
    .map(([name, level]) => {
      const near = nearest(name, declared)
      const way = near === undefined ? `declare it there` : `did you mean '${near}'?`
      const message = `WorkPool '${pool}' declares no variable '${name}'; ${way}`
      return { code: 'UndeclaredVariable', level, path: ['variables', name], message }
    })
}

const RUN_NAMES = ['name', 'uid', 'namespace', 'attempt', 'scheduledTime']

function contextOf(
  { run, pool, deployment, attempt }: ResolveInput,
  scopes: { readonly parameters: Scope; readonly variables: Scope },
): TemplateContext {
  const { name, uid, namespace } = run.metadata
  const { scheduledTime } = run.spec
  return {
    ...scopes,
    run: { declared: RUN_NAMES, values: { name, uid, namespace, attempt, scheduledTime } },
    deployment: { declared: ['name'], values: { name: deployment?.name } },
    workPool: { declared: ['name'], values: { name: pool.name } },
  }
}
