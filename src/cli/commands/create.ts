import { toSend } from '../applying.ts'
import type { CliContext } from '../context.ts'
import { ManyErrors, UsageError, withSource } from '../errors.ts'
import { type ManifestObject, readManifests } from '../manifest-files.ts'
import type { Options } from '../options.ts'
import { findResource, NAMESPACES } from '../resources.ts'
import {
  manifestPath,
  readDryRun,
  reportWrite,
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
  const errors: unknown[] = []
  for (const manifest of manifests) {
    try {
      await createOne(write, manifest)
    } catch (error) {
      errors.push(words.length > 0 ? error : withSource(error, 'creating', manifest.source))
    }
  }
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

async function createOne(write: WriteContext, manifest: ManifestObject): Promise<void> {
  const body = toSend(manifest)
  if (write.dryRun === 'client') return reportWrite(write, body, 'created')
  const object = await sendWrite(write, manifest.namespace, {
    method: 'POST',
    path: manifestPath(manifest),
    query: writeQuery(write),
    body,
  })
  await reportWrite(write, object, 'created')
}
