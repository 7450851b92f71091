import type { ApiClient, ApiRequest } from './client.ts'
import type { CliContext, Connection } from './context.ts'
import { ApiError, isReason } from './errors.ts'
import type { ManifestObject } from './manifest-files.ts'
import { type ApiObject, parseObject } from './objects.ts'
import { choiceOption, type Options } from './options.ts'
import { nameOf, parseOutputFormat, renderObjects, withoutManagedFields } from './output-format.ts'
import { NAMESPACES, resourcePath } from './resources.ts'

export const DRY_RUN_WORDS = ['none', 'client', 'server'] as const
export type DryRun = (typeof DRY_RUN_WORDS)[number]

/** Name under which the API notes who set a field. */
const FIELD_MANAGER = 'capstan'

/**
 * The name of client-side apply, kubectl's own: by it the server finds nulls in the annotation, and
 * `kubectl apply --server-side` takes the fields over.
 */
export const CLIENT_SIDE_APPLY_MANAGER = 'kubectl-client-side-apply'

/** What every write of one command has in common. */
export interface WriteContext {
  readonly context: CliContext
  readonly connection: Connection
  readonly options: Options
  readonly dryRun: DryRun
}

export function readDryRun(options: Options): DryRun {
  return choiceOption(options, 'dry-run', DRY_RUN_WORDS) ?? 'none'
}

/** Parameters of a write: who writes, how strictly unknown fields are taken, and whether it counts. */
export function writeQuery(
  { options, dryRun }: WriteContext,
  fieldManager = FIELD_MANAGER,
): Record<string, string | undefined> {
  return {
    fieldManager: options.text('field-manager') ?? fieldManager,
    fieldValidation: fieldValidation(options.text('validate')),
    dryRun: dryRun === 'server' ? 'All' : undefined,
  }
}

/** kubectl's words for `--validate`. */
function fieldValidation(text: string | undefined): string {
  if (text === undefined || text === 'true' || text === 'strict') return 'Strict'
  return text === 'warn' ? 'Warn' : 'Ignore'
}

/** Where a manifest's object is written; its own place when `name` is given. */
export function manifestPath(manifest: ManifestObject, name?: string): string {
  const rest = name === undefined ? [] : [name]
  return resourcePath(manifest.resource, manifest.namespace, ...rest)
}

/** Sends a write; a namespace that is missing is made, as the folder source does, and the write is sent again. */
export async function sendWrite(
  write: WriteContext,
  namespace: string | undefined,
  request: ApiRequest,
): Promise<ApiObject> {
  const { client } = write.connection
  try {
    return parseObject(await client.json(request))
  } catch (error) {
    if (!isMissingNamespace(error) || namespace === undefined || write.dryRun !== 'none')
      throw error
    await createNamespace(client, namespace)
    write.context.stdout.write(`namespace/${namespace} created\n`)
    return parseObject(await client.json(request))
  }
}

function isMissingNamespace(error: unknown): boolean {
  return isReason(error, 'NotFound') && error.status.kind === NAMESPACES.plural
}

/** Somebody else may have been quicker. */
async function createNamespace(client: ApiClient, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  try {
    await client.json({ method: 'POST', path: resourcePath(NAMESPACES, undefined), body })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status.reason !== 'AlreadyExists') throw error
  }
}

/** Says what became of each object; whole objects (-o yaml) come at the end, as one List if they are several. */
export interface WriteReport {
  add(object: ApiObject, outcome: string): void
  finish(): Promise<void>
}

/** `run.capstan.dev/hello created (server dry run)`, or the objects in the format of -o. */
export function createWriteReport({ context, options, dryRun }: WriteContext): WriteReport {
  const format = parseOutputFormat(options.text('output'))
  const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun]
  const objects: ApiObject[] = []
  return {
    add(object, outcome) {
      if (format.type === 'Table') context.stdout.write(`${nameOf(object)} ${outcome}${suffix}\n`)
      else if (format.type === 'Name') context.stdout.write(`${nameOf(object)}\n`)
      else objects.push(options.flag('show-managed-fields') ? object : withoutManagedFields(object))
    },
    async finish() {
      if (format.type === 'Table' || objects.length === 0) return
      const asList = objects.length > 1
      context.stdout.write(await renderObjects(format, objects, { asList }))
    },
  }
}
