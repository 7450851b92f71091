import { API_VERSION } from '../../kinds/meta.ts'
import { hasPlaceholder, type PathStep } from '../../kinds/placeholder.ts'
import { isJsonObject, type Json, type JsonObject, ownMember } from '../../lib/json.ts'
import { nearest } from '../../lib/nearest.ts'
import { knownOutputs, translateStepOutput } from './build-steps.ts'
import { splitJobVariables } from './job-variables.ts'
import { toName, toSlug } from './names.ts'
import { translateTexts } from './placeholders.ts'
import type { Place, Reporter } from './report.ts'
import { toSchedules } from './schedules.ts'
import { translateTriggers } from './trigger-texts.ts'
import { toTriggers } from './triggers.ts'
import { asList, asMap, asText, isEmpty, members, toText } from './values.ts'

type SourcePath = readonly PathStep[]

/** Top-level keys; `definitions` and the like only hold anchors. */
const TOP_KEYS = ['prefect-version', 'name', 'build', 'push', 'pull', 'deployments', 'definitions']

/** Deployment keys that are kept, and those of which the report speaks. */
const DEPLOYMENT_KEYS = [
  'name',
  'version',
  'version_type',
  'tags',
  'description',
  'schedule',
  'schedules',
  'paused',
  'is_schedule_active',
  'concurrency_limit',
  'flow_name',
  'entrypoint',
  'parameters',
  'enforce_parameter_schema',
  'build',
  'push',
  'pull',
  'work_pool',
  'triggers',
  'sla',
]

/** The queue that every pool has. */
const DEFAULT_QUEUE = 'default'

/** A prefect.yaml as Deployments. The WorkPools that it names are imported from their base job templates. */
export function importPrefectYaml(source: JsonObject, report: Reporter): readonly JsonObject[] {
  reportSteps(source, [], report)
  for (const [key, value] of members(source)) {
    if (TOP_KEYS.includes(key) || key.startsWith('.') || key.startsWith('x-')) continue
    report.lost({ path: [key], value }, 'prefect.yaml has no such key', 'Remove it')
  }
  const names = new Set<string>()
  return asList(source['deployments']).flatMap((item, index) => {
    const path = ['deployments', index]
    if (!isJsonObject(item)) {
      report.lost({ path, value: item }, 'a deployment is a map', 'Write it as a map')
      return []
    }
    const outputs = knownOutputs(item['build'] ?? source['build'])
    const translator = { report, translate: translateStepOutput(outputs) }
    const { build: _, push: __, pull: ___, triggers, ...rest } = item
    const deployment = {
      ...asMap(translateTexts(rest, path, translator)),
      triggers: translateTriggers(triggers, [...path, 'triggers'], translator),
    }
    reportSteps(item, path, report)
    reportUnknown(item, path, report)
    return [toDeployment(deployment, { path, names, report })]
  })
}

interface Deploying {
  readonly path: SourcePath
  /** Names that are taken. */
  readonly names: Set<string>
  readonly report: Reporter
}

function toDeployment(source: JsonObject, deploying: Deploying): JsonObject {
  const { path, report } = deploying
  const name = chooseName(source, deploying)
  const pool = asMap(source['work_pool'])
  const at = (key: string): Place => ({ path: [...path, key], value: source[key] })
  const job = splitJobVariables(
    asMap(pool['job_variables']),
    [...path, 'work_pool', 'job_variables'],
    report,
  )
  const schedules = toSchedules(source, path, report)
  const triggers = toTriggers(source['triggers'], name, [...path, 'triggers'], report)
  const concurrency = toConcurrency(at('concurrency_limit'), report)
  const poolName = asText(pool['name'])
  const queue = asText(pool['work_queue_name'])
  reportDeployment(source, job.template, deploying)
  const isPaused = source['paused'] === true || source['is_schedule_active'] === false
  const spec = {
    ...(poolName !== undefined && { workPool: toName(poolName) }),
    ...(queue !== undefined && { queue: toName(queue) }),
    ...(isPaused && { suspend: true }),
    ...textField('description', source['description']),
    ...textField('entrypoint', source['entrypoint']),
    ...(schedules && { schedules }),
    ...(concurrency && { concurrency }),
    ...(!isEmpty(source['parameters']) && { parameters: asMap(source['parameters']) }),
    ...(source['enforce_parameter_schema'] === false && { enforceParameterSchema: false }),
    ...(!isEmpty(job.variables) && { variables: job.variables }),
    ...(!isEmpty(job.template) && { template: job.template }),
    ...(triggers.length > 0 && { triggers }),
  }
  const metadata = { name, ...toLabels(at('tags'), report), ...toAnnotations(source) }
  return { apiVersion: API_VERSION, kind: 'Deployment', metadata, spec }
}

function textField(field: string, value: Json | undefined): JsonObject {
  const text = asText(value)
  return text === undefined ? {} : { [field]: text }
}

/** Prefect tells deployments apart by flow and name, Capstan by name alone. */
function chooseName(source: JsonObject, { path, names, report }: Deploying): string {
  const written = asText(source['name']) ?? `deployment-${path.at(-1)}`
  const flow = asText(source['flow_name']) ?? asText(source['entrypoint'])?.split(/[:.]/).at(-1)
  const place = { path: [...path, 'name'], value: source['name'] }
  const plain = toName(written)
  const candidates = [plain, toName(`${flow ?? 'flow'}-${plain}`)]
  const free = candidates.find((candidate) => !names.has(candidate))
  const name = free ?? toName(`${plain}-${path.at(-1)}`)
  names.add(name)
  if (name !== written) {
    report.changed(
      place,
      `the name is ${name}: lower case, and once in a namespace`,
      'Nothing has to be done',
    )
  }
  return name
}

/** Tags become labels, so that `-l` finds them. */
function toLabels({ path, value }: Place, report: Reporter): JsonObject {
  const tags = typeof value === 'string' ? value.split(',') : asList(value).map(toText)
  const labels = tags
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
    .map((tag) => [`${TAG_PREFIX}${toSlug(tag)}`, 'true'])
  if (labels.length === 0) return {}
  const reason = `tags are labels: ${TAG_PREFIX}<tag>=true`
  report.changed({ path, value }, reason, 'Select by them with -l')
  return { labels: Object.fromEntries(labels) as JsonObject }
}

const TAG_PREFIX = 'tag.prefect.io/'

/** What only people read. */
function toAnnotations(source: JsonObject): JsonObject {
  const kept: readonly (readonly [string, Json | undefined])[] = [
    ['prefect.io/version', source['version']],
    ['prefect.io/flow-name', source['flow_name']],
  ]
  const annotations = kept.flatMap(([key, value]): readonly [string, Json][] =>
    value === undefined || isEmpty(value) ? [] : [[key, toText(value)]],
  )
  return annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }
}

const POLICIES: Readonly<Record<string, string>> = { ENQUEUE: 'Enqueue', CANCEL_NEW: 'CancelNew' }

function toConcurrency({ path, value }: Place, report: Reporter): JsonObject | undefined {
  if (isEmpty(value)) return undefined
  const settings: JsonObject = isJsonObject(value) ? value : { limit: value }
  const { limit, collision_strategy: strategy, grace_period_seconds: grace } = settings
  if (typeof limit !== 'number' || limit < 1) {
    report.lost(
      { path, value },
      'a limit is a whole number of at least 1',
      'Use suspend to start nothing',
    )
    return undefined
  }
  if (!isEmpty(grace)) {
    const place = { path: [...path, 'grace_period_seconds'], value: grace }
    report.lost(
      place,
      'a slot belongs to the run itself and cannot expire',
      'Nothing has to be done',
    )
  }
  const policy = ownMember(POLICIES, asText(strategy)?.toUpperCase() ?? 'ENQUEUE')
  return { limit, ...(policy !== undefined && { policy }) }
}

/** What each sort of step was for, and what does it now. */
const STEPS: Readonly<Record<string, readonly [reason: string, action: string]>> = {
  build: ['Capstan builds nothing', 'Build the image in your CI, and name it in template.image'],
  push: ['Capstan pushes nothing', 'Push the image in your CI'],
  pull: ['Capstan fetches no code into the container', 'Put the code into the image'],
}

function reportSteps(source: JsonObject, path: SourcePath, report: Reporter): void {
  for (const [step, [reason, action]] of Object.entries(STEPS)) {
    const value = source[step]
    if (!isEmpty(value)) report.lost({ path: [...path, step], value }, reason, action)
  }
}

function reportUnknown(source: JsonObject, path: SourcePath, report: Reporter): void {
  for (const [key, value] of members(source)) {
    if (DEPLOYMENT_KEYS.includes(key)) continue
    const near = nearest(key, DEPLOYMENT_KEYS)
    const action = near === undefined ? 'Remove it' : `Did you mean ${near}?`
    report.lost({ path: [...path, key], value }, 'Prefect has no such key, and ignored it', action)
  }
  const pool = asMap(source['work_pool'])
  const known = ['name', 'work_queue_name', 'job_variables']
  for (const [key, value] of members(pool).filter(([name]) => !known.includes(name))) {
    const near = nearest(key, known)
    const action = near === undefined ? 'Remove it' : `Did you mean ${near}?`
    report.lost({ path: [...path, 'work_pool', key], value }, 'work_pool has no such key', action)
  }
}

function reportDeployment(
  source: JsonObject,
  template: JsonObject,
  { path, report }: Deploying,
): void {
  const at = (key: string): Place => ({ path: [...path, key], value: source[key] })
  if (template['command'] === undefined) {
    const reason =
      'Prefect ran the flow by its entrypoint; Capstan runs the command of the container'
    report.check(
      at('entrypoint'),
      reason,
      'Set template.command, for example python followed by the script',
    )
  }
  if (template['image'] === undefined) {
    const place = { path: [...path, 'work_pool', 'job_variables', 'image'], value: undefined }
    report.check(
      place,
      'no image is named here',
      'Set template.image, unless the WorkPool names one',
    )
  }
  const queue = asText(asMap(source['work_pool'])['work_queue_name'])
  if (queue !== undefined && queue !== DEFAULT_QUEUE) {
    const place = { path: [...path, 'work_pool', 'work_queue_name'], value: queue }
    const reason = 'queues are named by the WorkPool, with their priorities'
    report.check(place, reason, `Add ${toName(queue)} to spec.queues of the WorkPool`)
  }
  if (!isEmpty(source['sla'])) {
    const action =
      'Use activeDeadlineSeconds and attemptDeadlineSeconds, or alerts on the metrics of Capstan'
    report.lost(at('sla'), 'Capstan has no service levels', action)
  }
  const isChecked = source['enforce_parameter_schema'] !== false
  if (!isEmpty(source['parameters']) && isChecked) {
    const reason = "Prefect read the schema of the parameters from the flow's code"
    report.check(at('parameters'), reason, 'Write parameterSchema to have them checked')
  }
  if (hasPlaceholder(JSON.stringify(source['parameters'] ?? {}))) {
    const reason = 'parameters are not rendered'
    report.changed(at('parameters'), reason, 'Write the values')
  }
}
