import type { PathStep } from '../../kinds/placeholder.ts'
import { isJsonObject, type Json, type JsonObject, ownMember } from '../../lib/json.ts'
import { settleTexts, wholePlaceholder } from './placeholders.ts'
import type { Reporter } from './report.ts'
import { asMap } from './values.ts'

/** Places of job_configuration whose members become fields of a template; `*` is any item of a list. */
const STRUCTURES: readonly string[] = [
  'env',
  'labels',
  'task_definition',
  'task_definition.containerDefinitions',
  'task_definition.containerDefinitions.*',
  'task_run_request',
  'task_run_request.tags',
  'task_run_request.networkConfiguration',
  'task_run_request.networkConfiguration.awsvpcConfiguration',
  'task_run_request.overrides',
  'task_run_request.overrides.containerOverrides',
  'task_run_request.overrides.containerOverrides.*',
  'task_run_request.overrides.containerOverrides.*.environment',
]

/** Variables of the default template that stand for a whole structure, and are understood as they are. */
const UNDERSTOOD = ['env', 'labels', 'network_configuration']

interface StructuresInput {
  /** Of job_configuration. */
  readonly path: readonly PathStep[]
  /** Of the variables. */
  readonly defaults: JsonObject
  readonly report: Reporter
}

/**
 * job_configuration in which no placeholder stands for a structure that is to be taken apart: the default of
 * its variable stands there instead. Where there is none, the place stays empty, and the report says so.
 */
export function fillStructures(configuration: JsonObject, input: StructuresInput): JsonObject {
  return asMap(fill(configuration, [], input))
}

function fill(value: Json, steps: readonly PathStep[], input: StructuresInput): Json | undefined {
  const name = isStructure(steps) ? wholePlaceholder(value) : undefined
  const filled =
    name === undefined || UNDERSTOOD.includes(name) ? value : fillOne(value, name, steps, input)
  if (filled === undefined) return undefined
  if (Array.isArray(filled)) {
    return (filled as readonly Json[]).flatMap((item, index): readonly Json[] => {
      const inner = fill(item, [...steps, index], input)
      return inner === undefined ? [] : [inner]
    })
  }
  if (!isJsonObject(filled)) return filled
  return Object.fromEntries(
    Object.entries(filled).flatMap(([key, item]): readonly [string, Json][] => {
      const inner = item === undefined ? undefined : fill(item, [...steps, key], input)
      return inner === undefined ? [] : [[key, inner]]
    }),
  )
}

function isStructure(steps: readonly PathStep[]): boolean {
  return STRUCTURES.includes(steps.map((step) => (typeof step === 'number' ? '*' : step)).join('.'))
}

function fillOne(
  value: Json,
  name: string,
  steps: readonly PathStep[],
  { path, defaults, report }: StructuresInput,
): Json | undefined {
  const place = { path: [...path, ...steps], value }
  const known = ownMember(defaults, name)
  if (typeof known !== 'object' || known === null) {
    const reason = `{{ ${name} }} stands for a part that has to be taken apart, and has no default`
    report.lost(place, reason, 'Write it into the template of the WorkPool or of the Deployments')
    return undefined
  }
  const reason = `the default of ${name} stands here now, taken apart into fields of the template`
  report.changed(place, reason, `Where a Deployment sets ${name}, write the same into its template`)
  return settleTexts(known, ['variables', 'properties', name, 'default'], report)
}
