import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { loadManifest } from '../load.ts'
import type { Validator } from '../validator.ts'
import { importAutomations, isAutomations } from './automations.ts'
import { importBaseJobTemplate, readPool } from './base-job-template.ts'
import { importBlock, readBlock } from './block.ts'
import { importPrefectYaml } from './prefect-yaml.ts'
import { createReporter, type ImportNote, type Reporter } from './report.ts'
import { isTemplateSetting } from './settings.ts'
import { readSource } from './source-text.ts'
import { asMap, toText } from './values.ts'

/** What can be imported from Prefect. */
export const SOURCE_KINDS = [
  'ecs-task-block',
  'base-job-template',
  'prefect-yaml',
  'automations',
] as const
export type SourceKind = (typeof SOURCE_KINDS)[number]

export interface ImportInput {
  readonly text: string
  /** Undefined: found out from what is in the file. */
  readonly kind: SourceKind | undefined
  /** For objects whose name the file does not say. */
  readonly fallbackName: string
  /** Written into each manifest; undefined leaves it to whoever applies them. */
  readonly namespace: string | undefined
  readonly validator: Validator
}

export type ImportResult =
  | {
      readonly ok: true
      readonly kind: SourceKind
      readonly manifests: readonly JsonObject[]
      /** Everything that could not be kept as it was. */
      readonly notes: readonly ImportNote[]
    }
  | { readonly ok: false; readonly problem: string }

/**
 * Manifests from a saved ECSTask block, a work pool's base job template, a prefect.yaml or automations, and a report
 * of what they could not keep. Never throws; only a file that is none of these is a problem.
 */
export function importSource(input: ImportInput): ImportResult {
  const source = readSource(input.text)
  if (!source.ok) return source
  if (!isJsonObject(source.value)) return { ok: false, problem: NO_MAP }
  const kind = input.kind ?? detectKind(source.value)
  if (kind === undefined) return { ok: false, problem: UNKNOWN_KIND }
  const report = createReporter()
  const objects = convert(kind, source.value, input.fallbackName, report)
  if (objects.length === 0) return { ok: false, problem: NOTHING[kind] }
  const manifests = objects.map((object) => withNamespace(object, input.namespace))
  checkManifests(manifests, input, report)
  return { ok: true, kind, manifests, notes: report.notes }
}

const NO_MAP =
  'the file holds no map of settings; of Python code, import the block that it saves, as JSON'

const UNKNOWN_KIND =
  'this is neither an ECSTask block, nor a base job template (variables, job_configuration), nor a prefect.yaml (deployments), nor automations (trigger, actions); say which with --kind'

const NOTHING: Readonly<Record<SourceKind, string>> = {
  'ecs-task-block': 'the block holds no settings',
  'base-job-template': 'the base job template holds no job_configuration',
  'prefect-yaml': 'the file has no deployments',
  automations: 'the file has no automations',
}

/** Undefined when the file has none of the marks. */
function detectKind(source: JsonObject): SourceKind | undefined {
  const inner = isJsonObject(source['base_job_template']) ? source['base_job_template'] : source
  if (inner['job_configuration'] !== undefined) return 'base-job-template'
  if (source['deployments'] !== undefined) return 'prefect-yaml'
  if (isAutomations(source)) return 'automations'
  const { data } = readBlock(source)
  const isBlock = data['type'] === 'ecs-task' || Object.keys(data).some(isTemplateSetting)
  return isBlock ? 'ecs-task-block' : undefined
}

function convert(
  kind: SourceKind,
  source: JsonObject,
  fallbackName: string,
  report: Reporter,
): readonly JsonObject[] {
  switch (kind) {
    case 'ecs-task-block':
      return importBlock(readBlock(source), fallbackName, report)
    case 'base-job-template': {
      const pool = readPool(source)
      if (!isJsonObject(pool.template['job_configuration'])) return []
      return importBaseJobTemplate(pool, fallbackName, report)
    }
    case 'prefect-yaml':
      return importPrefectYaml(source, report)
    case 'automations':
      return importAutomations(source, fallbackName, report)
  }
}

function withNamespace(object: JsonObject, namespace: string | undefined): JsonObject {
  if (namespace === undefined) return object
  const metadata: Json | undefined = object['metadata']
  const { name, ...rest } = isJsonObject(metadata) ? metadata : {}
  return { ...object, metadata: { name, namespace, ...rest } }
}

/** What Prefect took and Capstan refuses stays in the manifest, where a person has to correct it. */
function checkManifests(
  manifests: readonly JsonObject[],
  { validator }: ImportInput,
  report: Reporter,
): void {
  for (const manifest of manifests) {
    const { problems } = loadManifest({
      file: 'import',
      text: JSON.stringify(manifest),
      defaultNamespace: 'default',
      validator,
    })
    const object = `${toText(manifest['kind'] ?? '')}/${toText(asMap(manifest['metadata'])['name'] ?? '')}`
    for (const { path, message, hint } of problems) {
      report.refused(`${object} ${path}`, message, hint ?? 'Correct it')
    }
  }
}
