import { canonicalJson, isJsonObject, type JsonObject, parseJson } from '../lib/json.ts'
import { CliError, isReason } from './errors.ts'
import { fetchObject } from './fetch.ts'
import { LAST_APPLIED } from './last-applied.ts'
import type { ManifestObject } from './manifest-files.ts'
import { type ApiObject, omit, textAt } from './objects.ts'
import { nameOf } from './output-format.ts'
import { threeWayPatch } from './three-way.ts'
import {
  CLIENT_SIDE_APPLY_MANAGER,
  manifestPath,
  sendWrite,
  type WriteContext,
  writeQuery,
} from './writing.ts'

export interface Applied {
  /** Before; undefined when it did not exist, or was not looked at. */
  readonly live: ApiObject | undefined
  readonly object: ApiObject
  /** `created`, `configured`, `unchanged` or `serverside-applied`. */
  readonly outcome: string
}

/** Makes one object be as its manifest says, by the three-way merge of `kubectl apply` or on the server. */
export async function applyManifest(
  write: WriteContext,
  manifest: ManifestObject,
): Promise<Applied> {
  const name = textAt(manifest.object, 'metadata', 'name')
  if (name === undefined) {
    const prefix = textAt(manifest.object, 'metadata', 'generateName')
    throw new CliError(`from ${prefix}: cannot use generate name with apply: use create`)
  }
  return write.options.flag('server-side')
    ? applyServerSide(write, manifest, name)
    : applyClientSide(write, manifest, name)
}

async function applyServerSide(
  write: WriteContext,
  manifest: ManifestObject,
  name: string,
): Promise<Applied> {
  const object = await sendWrite(write, manifest.namespace, {
    method: 'PATCH',
    path: manifestPath(manifest, name),
    query: { ...writeQuery(write), force: String(write.options.flag('force-conflicts')) },
    contentType: 'application/apply-patch+yaml',
    body: toSend(manifest),
  })
  return { live: undefined, object, outcome: 'serverside-applied' }
}

async function applyClientSide(
  write: WriteContext,
  manifest: ManifestObject,
  name: string,
): Promise<Applied> {
  const live = await findLive(write, manifest, name)
  const wanted = withLastApplied(toSend(manifest))
  if (!live) {
    if (write.dryRun === 'client') return { live, object: wanted, outcome: 'created' }
    const object = await sendWrite(write, manifest.namespace, {
      method: 'POST',
      path: manifestPath(manifest),
      query: writeQuery(write, CLIENT_SIDE_APPLY_MANAGER),
      body: wanted,
    })
    return { live, object, outcome: 'created' }
  }
  const patch = threeWayPatch(readLastApplied(write, live), wanted, live)
  if (Object.keys(patch).length === 0) return { live, object: live, outcome: 'unchanged' }
  if (write.dryRun === 'client') return { live, object: live, outcome: 'configured' }
  const object = await sendWrite(write, manifest.namespace, {
    method: 'PATCH',
    path: manifestPath(manifest, name),
    query: writeQuery(write, CLIENT_SIDE_APPLY_MANAGER),
    contentType: 'application/merge-patch+json',
    body: patch,
  })
  const isSame = object.metadata.resourceVersion === live.metadata.resourceVersion
  return { live, object, outcome: isSame && write.dryRun === 'none' ? 'unchanged' : 'configured' }
}

/** The object as it is now; undefined when it, or its namespace, does not exist. */
export async function findLive(
  write: WriteContext,
  { resource, namespace }: ManifestObject,
  name: string,
): Promise<ApiObject | undefined> {
  try {
    return await fetchObject(write.connection.client, { type: 'Object', resource, namespace, name })
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}

/** What the server writes into metadata: in a manifest it comes from `get -o yaml`, and means nothing. */
const SERVER_METADATA = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]

/** What the file says, in its namespace; status is the controller's alone and is not sent. */
export function toSend({ object, namespace }: ManifestObject): ApiObject {
  const { status: _, ...rest } = object
  const metadata = omit(object.metadata, SERVER_METADATA)
  const place = namespace === undefined ? {} : { namespace }
  return { ...rest, metadata: { ...metadata, ...place } } as unknown as ApiObject
}

function withLastApplied(object: ApiObject): ApiObject {
  const annotations = isJsonObject(object.metadata['annotations'])
    ? object.metadata['annotations']
    : {}
  const { [LAST_APPLIED]: _, ...own } = annotations
  const noted = { ...object, metadata: { ...object.metadata, annotations: own } }
  const text = `${canonicalJson(noted)}\n`
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...own, [LAST_APPLIED]: text } },
  }
}

function readLastApplied({ context }: WriteContext, live: ApiObject): JsonObject {
  const text = textAt(live, 'metadata', 'annotations', LAST_APPLIED)
  const value = text === undefined ? undefined : parseJson(text)
  if (isJsonObject(value)) return value
  context.stderr.write(
    `Warning: ${nameOf(live)} was not made by apply, so fields that the manifest no longer names stay. The missing annotation is added.\n`,
  )
  return {}
}
