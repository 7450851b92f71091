import { DEFAULT_NAMESPACE, KINDS } from '../../kinds/meta.ts'
import type { Store } from '../../store/types.ts'
import { parseObjectBody } from '../body.ts'
import { alreadyExists, forbidden, invalid, notFound } from '../errors.ts'
import { metadataOf } from '../object-meta.ts'
import type { ApiContext } from '../ports.ts'
import { createNamespaceReader, renderNamespace } from '../readers/namespaces.ts'
import { type ApiResponse, jsonResponse } from '../request.ts'
import { NAMESPACES } from '../resources.ts'
import { objectResponse } from '../respond.ts'
import { successStatus } from '../status.ts'
import { parseDeleteOptions, parseWriteOptions } from '../write-options.ts'
import { optionalBody } from './kinds.ts'
import { readVerbs } from './read.ts'
import type { ResourceCall, ServedResource } from './resource-call.ts'

const MAX_NAMESPACE_LENGTH = 63
const NAMESPACE_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

export function serveNamespaces(store: Store): ServedResource {
  const reader = createNamespaceReader(store)
  return {
    info: NAMESPACES,
    reader,
    verbs: { ...readVerbs(reader), create, delete: remove },
    subresources: {},
  }
}

function create({ context, request }: ResourceCall): ApiResponse {
  const { store, random, clock } = context
  const name = checkName(metadataOf(parseObjectBody(request))['name'])
  const options = parseWriteOptions(request)
  if (store.objects.namespaces().some((row) => row.name === name)) {
    throw alreadyExists(NAMESPACES, name)
  }
  const fresh = { name, uid: random.uuid(), createdAtMs: clock.nowMs() }
  const row = options.dryRun
    ? { ...fresh, terminating: false, resourceVersion: 0 }
    : store.transaction(() => store.objects.ensureNamespace(name, fresh.uid, fresh.createdAtMs))
  return objectResponse(context, request, {
    info: NAMESPACES,
    object: renderNamespace(row),
    status: 201,
  })
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
