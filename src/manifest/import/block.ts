import { API_VERSION } from '../../kinds/meta.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import { toAwsSettings } from './credentials.ts'
import { toName } from './names.ts'
import { escapeTexts } from './placeholders.ts'
import type { Reporter } from './report.ts'
import { isTemplateSetting, joinFields, toFields } from './settings.ts'
import { asList, asMap, asText, isEmpty, members } from './values.ts'

/** Defaults of the block that are not Capstan's, for settings that its data leaves out. */
const BLOCK_DEFAULTS: JsonObject = {
  auto_deregister_task_definition: true,
  task_start_timeout_seconds: 120,
}

/** The container that the block runs everything in, and its log group. */
const CONTAINER = 'prefect'
const LOG_GROUP = 'prefect'

/** Settings that are no part of a template: words of the block itself, and what stands elsewhere. */
const BLOCK_WORDS = ['type', 'block_type_slug', 'name', 'aws_credentials']

export interface BlockSource {
  /** Of the block document; undefined for bare data. */
  readonly documentName: string | undefined
  readonly data: JsonObject
  /** `data`, where the settings are inside of a block document. */
  readonly prefix: readonly string[]
}

/** The settings in a block document, or in bare data. */
export function readBlock(source: JsonObject): BlockSource {
  const isDocument = source['data'] !== undefined && asText(source['type']) === undefined
  if (!isDocument) return { documentName: undefined, data: source, prefix: [] }
  return { documentName: asText(source['name']), data: asMap(source['data']), prefix: ['data'] }
}

/**
 * A saved ECSTask block as a WorkPool that holds its settings, and a Deployment of the same name that
 * runs them: `capstan run NAME` does what `ECSTask.load(NAME).run()` did.
 */
export function importBlock(
  source: BlockSource,
  fallbackName: string,
  report: Reporter,
): readonly JsonObject[] {
  const { data, prefix } = source
  const name = toName(source.documentName ?? asText(data['name']) ?? fallbackName)
  const { command, ...template } = toTemplate(source, report)
  const aws = toAwsSettings(data['aws_credentials'], [...prefix, 'aws_credentials'], report)
  const pool = { ...(aws && { aws }), template }
  const run = command === undefined ? {} : { template: { command } }
  return [
    { apiVersion: API_VERSION, kind: 'WorkPool', metadata: { name }, spec: pool },
    {
      apiVersion: API_VERSION,
      kind: 'Deployment',
      metadata: { name },
      spec: { workPool: name, ...run },
    },
  ]
}

function toTemplate({ data, prefix }: BlockSource, report: Reporter): JsonObject {
  const settings = asMap(escapeTexts({ ...BLOCK_DEFAULTS, ...data }))
  const fields = members(settings).map(([setting, value]) => {
    const place = { path: [...prefix, setting], value }
    if (setting === 'launch_type' && value === null) return { launchType: 'NONE' }
    if (isTemplateSetting(setting)) return toFields(setting, place, report)
    if (!BLOCK_WORDS.includes(setting) && !isEmpty(value) && !setting.startsWith('_')) {
      report.lost(place, 'the ECSTask block has no such setting', 'Remove it, or correct its name')
    }
    return {}
  })
  const template = joinFields(...fields)
  reportMeaning({ data, prefix, documentName: undefined }, template, report)
  return joinFields(template, containerFields(template), logFields(data, template))
}

/** The block always means the container `prefect`, and adds it where a definition has none. */
function containerFields(template: JsonObject): JsonObject {
  if (template['taskDefinitionArn'] !== undefined) return {}
  const definition = asMap(template['taskDefinition'])
  const containers = asList(definition['containerDefinitions'])
  const named = { containerName: CONTAINER }
  if (template['taskDefinition'] === undefined) return named
  if (containers.some((container) => asMap(container)['name'] === CONTAINER)) return named
  const containerDefinitions: readonly Json[] = [...containers, { name: CONTAINER }]
  return { ...named, taskDefinition: { ...definition, containerDefinitions } }
}

/** With logs on, group and prefix stay those of the block, so that logs stay where people look for them. */
function logFields(data: JsonObject, template: JsonObject): JsonObject {
  const isOn = template['configureCloudwatchLogs'] ?? template['streamOutput'] ?? false
  if (isOn !== true) return {}
  const options = { 'awslogs-group': LOG_GROUP, ...asMap(template['cloudwatchLogsOptions']) }
  const prefix = asText(data['name']) ?? CONTAINER
  return { cloudwatchLogsOptions: options, cloudwatchLogsPrefix: prefix }
}

/** Settings that are kept and mean a little more here. */
function reportMeaning(
  { data, prefix }: BlockSource,
  template: JsonObject,
  report: Reporter,
): void {
  const place = (setting: string) => ({ path: [...prefix, setting], value: data[setting] })
  report.changed(
    place('task_start_timeout_seconds'),
    'a task that does not start in time is stopped, where the block let it go on',
    'Raise taskStartTimeoutSeconds if tasks start slowly',
  )
  if (isEmpty(data['family']) && template['taskDefinitionArn'] === undefined) {
    report.changed(
      place('family'),
      'task definitions get the family capstan-<namespace>-<deployment>, unless the given definition names one',
      'Set template.family to go on in the family of before',
    )
  }
  if (isEmpty(data['command'])) {
    report.check(
      place('command'),
      'Prefect added the command of a flow run; Capstan runs what the image or the definition says',
      'Set template.command of the Deployment',
    )
  }
  if (isEmpty(data['image']) && template['taskDefinitionArn'] === undefined) {
    report.check(
      place('image'),
      'Prefect took its own image of its own version, which stands nowhere in this file',
      'Set template.image of the WorkPool, unless the task definition names an image',
    )
  }
}
