import { DEFAULT_NAMESPACE, KINDS } from '../../kinds/meta.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { applyJsonPatch } from '../../lib/json-patch.ts'
import type { NamespaceMeta, NamespaceRow } from '../../store/namespace-row.ts'
import type { Store } from '../../store/types.ts'
import {
  bodyText,
  contentType,
  parseJson,
  type ReadBody,
  readObjectBody,
  readYamlObject,
  unsupportedMediaType,
} from '../body.ts'
import { duplicateFields } from '../duplicate-fields.ts'
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  notFound,
  STALE_VERSION,
} from '../errors.ts'
import { checkDuplicates } from '../field-validation.ts'
import { metadataOf, parseUserMeta } from '../object-meta.ts'
import { mergePatch } from '../patch.ts'
import type { ApiContext } from '../ports.ts'
import { createNamespaceReader, NAME_LABEL, renderNamespace } from '../readers/namespaces.ts'
import { type ApiResponse, jsonResponse } from '../request.ts'
import { NAMESPACES } from '../resources.ts'
import { objectResponse } from '../respond.ts'
import { successStatus } from '../status.ts'
import { toJsonObject } from '../wire.ts'
import { parseDeleteOptions, parseWriteOptions } from '../write-options.ts'
import { optionalBody } from './kinds.ts'
import { readVerbs } from './read.ts'
import type { ResourceCall, ServedResource } from './resource-call.ts'

const MAX_NAMESPACE_LENGTH = 63
const LABEL_KEY =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/
const APPLY_TYPE = 'application/apply-patch+yaml'
const JSON_PATCH_TYPE = 'application/json-patch+json'
const PATCH_TYPES: readonly string[] = [
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  JSON_PATCH_TYPE,
]
const NAMESPACE_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

export function serveNamespaces(store: Store): ServedResource {
  const reader = createNamespaceReader(store)
  return {
    info: NAMESPACES,
    reader,
    verbs: { ...readVerbs(reader), create, update, patch, delete: remove },
    subresources: {},
  }
}

function create({ context, request }: ResourceCall): ApiResponse {
  const { store, random, clock } = context
  const { object, duplicates } = readObjectBody(request)
  const options = parseWriteOptions(request)
  const warnings = checkDuplicates('Namespace', duplicates, options.fieldValidation)
  const metadata = metadataOf(object)
  const name = checkName(metadata['name'])
  const meta = parseMeta(metadata, name)
  if (store.objects.namespaces().some((row) => row.name === name)) {
    throw alreadyExists(NAMESPACES, name)
  }
  const fresh = { name, uid: random.uuid(), createdAtMs: clock.nowMs() }
  const row = options.dryRun
    ? { ...fresh, ...meta, terminating: false, resourceVersion: 0 }
    : store.transaction(() => {
        store.objects.ensureNamespace(name, fresh.uid, fresh.createdAtMs)
        return store.objects.setNamespaceMeta(name, meta)
      })
  return answer({ context, request, row, warnings, status: 201 })
}

interface Answer extends Pick<ResourceCall, 'context' | 'request'> {
  readonly row: NamespaceRow
  readonly warnings: readonly string[]
  readonly status?: number
}

function answer({ context, request, row, ...rest }: Answer): ApiResponse {
  return objectResponse(context, request, {
    info: NAMESPACES,
    object: renderNamespace(row),
    ...rest,
  })
}

/** Labels and annotations are all that can be changed of a namespace. */
function update(call: ResourceCall): ApiResponse {
  const row = existing(call)
  const { object, duplicates } = readObjectBody(call.request)
  return write(call, row, { object, duplicates })
}

/**
 * Strategic merge patches, which kubectl sends for built-in kinds, mean the same as merge patches where
 * there are only maps. An apply patch adds and changes; nobody's ownership is kept of a namespace, so
 * what it leaves out stays.
 */
function patch(call: ResourceCall): ApiResponse {
  const { request, context, name } = call
  const type = contentType(request)
  const isApply = type === APPLY_TYPE
  if (!isApply && !PATCH_TYPES.includes(type)) {
    throw unsupportedMediaType(type, [...PATCH_TYPES, APPLY_TYPE])
  }
  if (isApply && !context.store.objects.namespaces().some((row) => row.name === name)) {
    return create({ ...call, request: asYaml(request) })
  }
  const row = existing(call)
  const current = toJsonObject(renderNamespace(row))
  const text = bodyText(request)
  const read = isApply ? readYamlObject(text) : undefined
  // parseJson gives nothing that JSON cannot carry.
  const change = read?.object ?? (parseJson(text) as Json)
  const duplicates = read?.duplicates ?? duplicateFields(text)
  const object = type === JSON_PATCH_TYPE ? applied(current, change) : mergePatch(current, change)
  if (!isJsonObject(object)) throw badRequest('the patch must leave an object')
  return write(call, row, { object, duplicates })
}

function asYaml(request: ResourceCall['request']): ResourceCall['request'] {
  return { ...request, headers: { ...request.headers, 'content-type': 'application/yaml' } }
}

function applied(current: JsonObject, change: unknown): unknown {
  const result = applyJsonPatch(current as Json, change)
  if ('value' in result) return result.value
  throw badRequest(result.problem)
}

function existing({ context, name }: ResourceCall): NamespaceRow {
  const row = context.store.objects.namespaces().find((candidate) => candidate.name === name)
  if (!row) throw notFound(NAMESPACES, name)
  return row
}

function write({ context, request }: ResourceCall, row: NamespaceRow, body: ReadBody): ApiResponse {
  const { store } = context
  const options = parseWriteOptions(request)
  const warnings = checkDuplicates('Namespace', body.duplicates, options.fieldValidation)
  const metadata = metadataOf(body.object)
  const { name = row.name, uid = row.uid, resourceVersion } = metadata
  if (name !== row.name)
    throw badRequest('the name of the object does not match the name on the URL')
  const isStale = ![undefined, '', String(row.resourceVersion)].some(
    (version) => version === resourceVersion,
  )
  if (isStale || uid !== row.uid) throw conflict(NAMESPACES, row.name, STALE_VERSION)
  const meta = parseMeta(metadata, row.name)
  const next = options.dryRun
    ? { ...withoutMeta(row), ...meta }
    : store.transaction(() => store.objects.setNamespaceMeta(row.name, meta))
  return answer({ context, request, row: next, warnings })
}

function withoutMeta({ labels: _l, annotations: _a, ...row }: NamespaceRow): NamespaceRow {
  return row
}

/** The user's labels and annotations; throws Invalid for what cannot be one. */
function parseMeta(metadata: JsonObject, name: string): NamespaceMeta {
  const { labels: sent, annotations } = parseUserMeta(metadata)
  const texts = Object.values({ ...sent, ...annotations }).filter(
    (value) => typeof value === 'string',
  )
  if (texts.length < Object.keys({ ...sent, ...annotations }).length) {
    throw badRequest('labels and annotations must be maps of text')
  }
  const { [NAME_LABEL]: _own, ...labels } = sent ?? {}
  const wrong = Object.entries(labels).find(
    ([key, value]) => !LABEL_KEY.test(key) || !LABEL_VALUE.test(value),
  )
  if (wrong) {
    throw invalid(NAMESPACES, name, [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(wrong.join('='))} is no label: keys and values have at most 63 letters, digits, '-', '_' and '.'`,
        field: 'metadata.labels',
      },
    ])
  }
  return { labels, ...(annotations ? { annotations } : {}) }
}

function checkName(name: unknown): string {
  if (
    typeof name === 'string' &&
    name.length <= MAX_NAMESPACE_LENGTH &&
    NAMESPACE_NAME.test(name)
  ) {
    return name
  }
  throw invalid(NAMESPACES, typeof name === 'string' ? name : '', [
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', start and end with an alphanumeric character, and have at most ${MAX_NAMESPACE_LENGTH} characters`,
      field: 'metadata.name',
    },
  ])
}

/** Takes the contents along; the namespace itself goes with the last of them. */
function remove({ context, request, name }: ResourceCall): ApiResponse {
  const { store } = context
  const row = store.objects.namespaces().find((candidate) => candidate.name === name)
  if (!row) throw notFound(NAMESPACES, name)
  if (name === DEFAULT_NAMESPACE)
    throw forbidden('this namespace may not be deleted', NAMESPACES, name)
  const { dryRun } = parseDeleteOptions(request.query, optionalBody(request))
  if (!dryRun) deleteWithContents(context, name)
  const left = store.objects.namespaces().find((candidate) => candidate.uid === row.uid)
  if (left)
    return objectResponse(context, request, { info: NAMESPACES, object: renderNamespace(left) })
  return jsonResponse(200, successStatus({ name, kind: NAMESPACES.plural, uid: row.uid }))
}

/** The namespace is closed first, so that nothing new can slip in. */
function deleteWithContents({ store, clock }: ApiContext, namespace: string): void {
  store.transaction(() => {
    store.objects.deleteNamespace(namespace)
    for (const kind of KINDS) {
      for (const { metadata } of store.objects.list({ kind, namespace })) {
        store.objects.markDeleted({ kind, namespace, name: metadata.name }, clock.nowMs())
      }
    }
  })
}
