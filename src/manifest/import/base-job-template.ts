import { API_VERSION } from '../../kinds/meta.ts'
import { type Json, type JsonObject, ownMember } from '../../lib/json.ts'
import { toAwsSettings } from './credentials.ts'
import { toName } from './names.ts'
import {
  placeholderNames,
  settleTexts,
  type Translator,
  translateCommon,
  translatePrefectVariable,
  translateTexts,
  wholePlaceholder,
} from './placeholders.ts'
import { defaultsOf, toPoolVariables } from './pool-variables.ts'
import type { Place, Reporter } from './report.ts'
import { splitRunRequest } from './run-request.ts'
import { fieldOf, isTemplateSetting, joinFields, toFields } from './settings.ts'
import { fillStructures } from './structures.ts'
import { PREFECT_CONTAINER, splitTaskDefinition } from './task-definition.ts'
import { asMap, asText, isEmpty, members, without } from './values.ts'

export interface PoolSource {
  readonly name: string | undefined
  readonly template: JsonObject
  /** `base_job_template`, where the template is inside of a work pool. */
  readonly prefix: readonly string[]
  /** Settings of the work pool around the template. */
  readonly pool: JsonObject
}

/** A base job template by itself, or inside of what `prefect work-pool inspect -o json` prints. */
export function readPool(source: JsonObject): PoolSource {
  const inner = source['base_job_template']
  if (inner === undefined) return { name: undefined, template: source, prefix: [], pool: {} }
  return {
    name: asText(source['name']),
    template: asMap(inner),
    prefix: ['base_job_template'],
    pool: source,
  }
}

/** Variables that are not needed any more: they became maps of the template, `aws`, or nothing. */
const CONSUMED = ['env', 'labels', 'aws_credentials', 'name', 'match_latest_revision_in_family']

/** Members of job_configuration that are no settings of a template. */
const APART = ['name', 'aws_credentials', 'task_definition', 'task_run_request']

/** A work pool's base job template, edited or not, as a WorkPool. */
export function importBaseJobTemplate(
  source: PoolSource,
  fallbackName: string,
  report: Reporter,
): readonly JsonObject[] {
  const { prefix } = source
  const variables = asMap(source.template['variables'])
  const configurationPath = [...prefix, 'job_configuration']
  const translated = translateTexts(
    source.template['job_configuration'] ?? {},
    configurationPath,
    translatorOf(report),
  )
  const defaults = defaultsOf(variables)
  const scope = { path: configurationPath, defaults, report }
  const input: PoolInput = { ...scope, configuration: fillStructures(asMap(translated), scope) }
  const template = toTemplate(input)
  const schema = toPoolVariables(
    {
      source: variables,
      path: [...prefix, 'variables'],
      consumed: CONSUMED,
      used: placeholderNames(template).filter((name) => !OWN_ROOTS.includes(name)),
      defaults: ownDefaults(input, template),
    },
    report,
  )
  reportPool(input, template)
  reportBoundSettings(input, template, members(variables['properties']))
  const aws = awsOf(input, [...prefix, 'variables'])
  return [
    {
      apiVersion: API_VERSION,
      kind: 'WorkPool',
      metadata: { name: toName(source.name ?? fallbackName) },
      spec: {
        ...poolSettings(source.pool, report),
        ...(aws && { aws }),
        ...(schema && { variables: schema }),
        template,
      },
    },
  ]
}

/** Roots of placeholders that are Capstan's own and need no variable. */
const OWN_ROOTS = ['run', 'deployment', 'workPool', 'parameters']

interface PoolInput {
  readonly configuration: JsonObject
  readonly path: readonly string[]
  readonly defaults: JsonObject
  readonly report: Reporter
}

/** Names of variables stay what they are; a Prefect variable becomes one of the pool. */
function translatorOf(report: Reporter): Translator {
  return {
    report,
    translate: (placeholder) =>
      translatePrefectVariable(placeholder, report) ??
      translateCommon(placeholder) ?? { type: 'Placeholder', text: placeholder.text },
  }
}

function toTemplate(input: PoolInput): JsonObject {
  const { configuration, path, report } = input
  const at = (name: string): Place => ({ path: [...path, name], value: configuration[name] })
  const definition = splitTaskDefinition(
    configuration['task_definition'],
    at('task_definition'),
    report,
  )
  const request = splitRunRequest(configuration['task_run_request'], at('task_run_request'), report)
  // What stands in the bodies is what Prefect sent; settings beside them only count where the bodies are silent.
  const beside = without(configuration, APART)
  const settings = { ...beside, ...definition.settings, ...request.settings }
  reportUnknown(input, settings)
  const isNetworkFixed =
    request.fields['networkConfiguration'] !== undefined &&
    input.defaults['network_configuration'] === undefined
  const fields = members(settings)
    .filter(([name]) => !(name === 'network_configuration' && isNetworkFixed))
    .filter(([name, value]) => !isSilent(name, value))
    .map(([name, value]) => toFields(name, { path: [...path, name], value }, report))
  const joined = joinFields(
    definition.fields,
    request.fields,
    ...fields,
    mapField('env', input, request.settings['env']),
    mapField('labels', input, request.settings['labels']),
  )
  return placed(withArnMode(joined, input), input)
}

/** Settings that are read from elsewhere, or that the worker no longer looks at. */
function isSilent(name: string, value: Json): boolean {
  if (name === 'env' || name === 'labels') return true
  if (name === 'match_latest_revision_in_family') return value !== true
  return IGNORED_ZEROS.includes(name) ? value === 0 : name === 'stream_output' && value === false
}

/** The worker's template holds 0 for what it ignores. */
const IGNORED_ZEROS = ['task_start_timeout_seconds', 'task_watch_poll_interval']

/** `env` or `labels`: literal text of the template under the default of the variable, key by key. */
function mapField(
  name: 'env' | 'labels',
  input: PoolInput,
  inRequest: Json | undefined,
): JsonObject {
  const { configuration, path, defaults, report } = input
  const layers: readonly Place[] = [
    { path: [...path, 'task_run_request'], value: inRequest },
    { path: [...path, name], value: configuration[name] },
    settledDefault(name, ownMember(defaults, name), report),
  ]
  return joinFields(
    ...layers
      .filter(({ value }) => wholePlaceholder(value) !== name)
      .map((place) => toFields(name, place, report)),
  )
}

function settledDefault(name: string, value: Json | undefined, report: Reporter): Place {
  const path = ['variables', 'properties', name, 'default']
  return { path, value: value === undefined ? undefined : settleTexts(value, path, report) }
}

/** The worker uses a linked definition as it is; beside one, a definition of the template has no effect. */
function withArnMode(template: JsonObject, { path, defaults, report }: PoolInput): JsonObject {
  const arn = template['taskDefinitionArn']
  if (arn === undefined) return template
  const name = wholePlaceholder(arn)
  const isSet = name === undefined || ownMember(defaults, name) !== undefined
  const place = { path: [...path, 'task_definition'], value: null }
  if (template['taskDefinition'] === undefined)
    return { ...template, taskDefinitionArnMode: 'UseAsIs' }
  if (isSet) {
    report.lost(place, 'a linked definition is set, and counts alone', 'Nothing has to be done')
    return {
      ...without(template, ['taskDefinition', 'taskDefinitionCustomizations']),
      taskDefinitionArnMode: 'UseAsIs',
    }
  }
  const reason =
    'taskDefinition and taskDefinitionArn exclude each other, and the definition was edited'
  const action =
    'A Deployment that links a definition sets taskDefinition: null, taskDefinitionArn and taskDefinitionArnMode: UseAsIs'
  report.changed(
    { path: [...path, 'task_run_request', 'taskDefinition'], value: arn },
    reason,
    action,
  )
  return without(template, ['taskDefinitionArn'])
}

/** Without a launch type Prefect asks for FARGATE, unless the definition is for EC2. */
function placed(template: JsonObject, { configuration }: PoolInput): JsonObject {
  const compatibilities = asMap(template['taskDefinition'])['requiresCompatibilities']
  const needsEc2 = Array.isArray(compatibilities) && compatibilities.includes('EC2')
  const request = asMap(configuration['task_run_request'])
  const isOpen = isEmpty(request['launchType']) && isEmpty(template['launchType'])
  return isOpen && needsEc2 ? { ...template, launchType: 'NONE' } : template
}

/** Prefect names the container of a definition that it writes itself. */
function ownDefaults({ defaults }: PoolInput, template: JsonObject): JsonObject {
  const isNamed = wholePlaceholder(template['containerName']) === 'container_name'
  const isLinked = defaults['task_definition_arn'] !== undefined
  return isNamed && !isLinked ? { container_name: PREFECT_CONTAINER } : {}
}

function awsOf(
  { configuration, path, defaults, report }: PoolInput,
  variables: readonly string[],
): JsonObject | undefined {
  const written = configuration['aws_credentials']
  if (isEmpty(written)) return undefined
  if (wholePlaceholder(written) === undefined) {
    return toAwsSettings(written, [...path, 'aws_credentials'], report)
  }
  const value = defaults['aws_credentials']
  if (value === undefined) return undefined
  return toAwsSettings(value, [...variables, 'properties', 'aws_credentials', 'default'], report)
}

function poolSettings(pool: JsonObject, report: Reporter): JsonObject {
  const description = pool['description']
  if (!isEmpty(description)) {
    const place = { path: ['description'], value: description }
    report.lost(place, 'a WorkPool has no description', 'Write it as a comment')
  }
  const limit = pool['concurrency_limit']
  return {
    ...(pool['is_paused'] === true && { suspend: true }),
    ...(typeof limit === 'number' && { concurrencyLimit: limit }),
  }
}

function reportUnknown({ configuration, path, report }: PoolInput, settings: JsonObject): void {
  for (const [name] of members(settings)) {
    const value = configuration[name]
    if (isTemplateSetting(name) || APART.includes(name) || isEmpty(value)) continue
    report.lost({ path: [...path, name], value }, 'the ECS worker has no such setting', 'Remove it')
  }
}

/**
 * Settings that the pool fixes, or writes into a longer text: the job variable of a Deployment filled in its
 * placeholder and no more, and what is imported from it replaces the whole field.
 */
function reportBoundSettings(
  { configuration, path, report }: PoolInput,
  template: JsonObject,
  variables: readonly (readonly [string, Json])[],
): void {
  for (const [name] of variables.filter(([known]) => isTemplateSetting(known))) {
    const field = fieldOf(name)
    const value = field === undefined ? undefined : template[field]
    if (value === undefined || wholePlaceholder(value) === name) continue
    const reason = `the job variable ${name} of a Deployment is imported as template.${field}, which replaces what stands here`
    const action = `In Deployments that set it, write variables.${name} instead`
    report.changed({ path: [...path, name], value: configuration[name] ?? value }, reason, action)
  }
}

/** What a WorkPool does otherwise than the pool of Prefect. */
function reportPool(
  { configuration, path, defaults, report }: PoolInput,
  template: JsonObject,
): void {
  const place = (name: string): Place => ({ path: [...path, name], value: configuration[name] })
  const has = (field: string): boolean => {
    const value = template[field]
    const name = wholePlaceholder(value)
    return name === undefined ? !isEmpty(value) : ownMember(defaults, name) !== undefined
  }
  if (defaults['name'] !== undefined) {
    const at = { path: ['variables', 'properties', 'name'], value: defaults['name'] }
    report.lost(at, 'runs are named by Capstan', 'Use labels to mark tasks')
  }
  if (!has('command')) {
    const reason = 'Prefect ran `prefect flow-run execute`; Capstan runs what the image says'
    report.check(place('command'), reason, 'Set template.command in the Deployments')
  }
  if (!has('image') && !has('taskDefinitionArn') && template['taskDefinition'] === undefined) {
    const reason = 'Prefect took its own image of its own version'
    report.check(
      place('task_definition'),
      reason,
      'Give the variable image a default, or set it in the Deployments',
    )
  }
  if (!has('family') && !has('taskDefinitionArn')) {
    const reason =
      'families are capstan-<namespace>-<deployment>, where the worker wrote the ids of pool and deployment'
    report.changed(place('family'), reason, 'Set the variable family to go on in one of before')
  }
  if (has('configureCloudwatchLogs')) {
    const reason = 'the default log group is capstan, where the worker wrote to prefect'
    const action = 'Set awslogs-group in cloudwatch_logs_options to go on in the group of before'
    report.changed(place('cloudwatch_logs_options'), reason, action)
  }
  if (template['matchLatestRevisionInFamily'] === undefined) {
    const reason =
      "the family's latest revision is used when it is equal, which the worker did only on request"
    report.changed(place('match_latest_revision_in_family'), reason, 'Nothing has to be done')
  }
}
