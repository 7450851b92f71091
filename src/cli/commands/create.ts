import { toSend } from '../applying.ts'
import type { CliContext } from '../context.ts'
import { ManyErrors, UsageError } from '../errors.ts'
import { explainRefusal } from '../explain-refusal.ts'
import { type ManifestObject, readManifests } from '../manifest-files.ts'
import type { ApiObject } from '../objects.ts'
import type { Options } from '../options.ts'
import { findResource, NAMESPACES } from '../resources.ts'
import {
  createWriteReport,
  manifestPath,
  readDryRun,
  sendWrite,
  type WriteContext,
  writeQuery,
} from '../writing.ts'

/** `capstan create -f`, and `capstan create namespace NAME`: fails where the object exists already. */
export async function create(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const connection = await context.connect(options)
  const write = { context, connection, options, dryRun: readDryRun(options) }
  const manifests =
    words.length > 0
      ? [namespaceManifest(words)]
      : await readManifests(context, options, connection.namespace)
  const report = createWriteReport(write)
  const errors: unknown[] = []
  for (const manifest of manifests) {
    try {
      report.add(await createOne(write, manifest), 'created')
    } catch (error) {
      errors.push(await explainRefusal(error, 'creating', manifest))
    }
  }
  await report.finish()
  if (errors.length > 0) throw new ManyErrors(errors)
  return 0
}

function namespaceManifest([type = '', name, ...rest]: readonly string[]): ManifestObject {
  if (findResource(type) !== NAMESPACES || name === undefined || rest.length > 0) {
    throw new UsageError('write create -f FILE, or create namespace NAME')
  }
  return {
    source: 'the command line',
    resource: NAMESPACES,
    namespace: undefined,
    object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  }
}

function createOne(write: WriteContext, manifest: ManifestObject): Promise<ApiObject> {
  const body = toSend(manifest)
  if (write.dryRun === 'client') return Promise.resolve(body)
  return sendWrite(write, manifest.namespace, {
    method: 'POST',
    path: manifestPath(manifest),
    query: writeQuery(write),
    body,
  })
}
