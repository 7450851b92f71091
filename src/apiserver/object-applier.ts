import type { CapstanObject, ObjectKey } from '../kinds/meta.ts'
import { renderTime } from '../lib/instant.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { type ApplyResult, applyConfig, type ManagerConflict } from './apply/apply.ts'
import { differenceOf, type FieldSet, intersectionOf, NO_FIELDS } from './apply/field-set.ts'
import {
  firstManagers,
  isSameManager,
  type Manager,
  type ManagerId,
  renderManagedFields,
} from './apply/managed-fields.ts'
import { compareValues, rootFieldsOf } from './apply/typed-value.ts'
import { bodyText, readYamlObject } from './body.ts'
import { ApiError, badRequest, invalid, notFound, type StatusCause } from './errors.ts'
import { checkDuplicates } from './field-validation.ts'
import { LAST_APPLIED_ANNOTATION, parseLastApplied } from './last-applied.ts'
import { metadataOf } from './object-meta.ts'
import {
  createObject,
  type Own,
  updateObject,
  updateStatus,
  type WriteResult,
} from './object-writer.ts'
import { managersOf, ownableOf, type WriteScope } from './ownership.ts'
import type { ApiContext } from './ports.ts'
import type { ApiRequest } from './request.ts'
import { KIND_RESOURCES } from './resources.ts'
import { toJsonObject } from './wire.ts'
import { parseWriteOptions, type WriteOptions } from './write-options.ts'

/** kubectl's field manager. Its applies take over from its own client-side apply. */
const KUBECTL = 'kubectl'

/** Server-side apply: the body is all that the field manager wants of the object. Creates what is not there. */
export function applyObject(
  context: ApiContext,
  { key, target }: { readonly key: ObjectKey; readonly target: WriteScope },
  request: ApiRequest,
): WriteResult & { readonly isNew: boolean } {
  requireManager(request)
  const options = parseWriteOptions(request)
  const { config, duplicates } = parseConfig(request, key)
  const warnings = checkDuplicates(key.kind, duplicates, options.fieldValidation)
  const existing = context.store.objects.get(key)
  const id = idOf(options, target)
  const time = renderTime(context.clock.nowMs())
  if (!existing) {
    if (target === 'status') throw notFound(KIND_RESOURCES[key.kind], key.name)
    const result = createObject(context, key, config, { ...options, writer: { id, time } })
    return { ...result, warnings: [...warnings, ...result.warnings], isNew: true }
  }
  const applied = runApply({ existing, config, id, time, scope: target, force: options.force })
  const body = toBody(config, { value: applied.value, target, id })
  const write = target === 'status' ? updateStatus : updateObject
  const own: Own = (next, checked) => {
    const isPruned = checked.warnings.length > 0 || options.fieldValidation === 'Ignore'
    const managers = isPruned
      ? limitTo(applied.managers, id, rootFieldsOf(ownableOf(toJsonObject(next), target)))
      : applied.managers
    return renderManagedFields(managers)
  }
  const result = write(context, existing, body, { ...options, own })
  return { ...result, warnings: [...warnings, ...result.warnings], isNew: false }
}

function idOf({ fieldManager }: WriteOptions, target: WriteScope): ManagerId {
  return {
    name: fieldManager,
    operation: 'Apply',
    subresource: target === 'status' ? 'status' : '',
  }
}

interface Apply {
  readonly existing: CapstanObject
  readonly config: JsonObject
  readonly id: ManagerId
  readonly time: string
  readonly scope: WriteScope
  readonly force: boolean
}

function runApply(apply: Apply): Extract<ApplyResult, { readonly type: 'Applied' }> {
  const { existing, config, id, time, scope, force } = apply
  const live = ownableOf(toJsonObject(existing), scope)
  const stored = managersOf(existing)
  const result = applyConfig({
    live,
    config: ownableOf(config, scope),
    managers: stored.length > 0 ? stored : firstManagers(live, time),
    id,
    force,
    agreed: id.name === KUBECTL ? fieldsOfLastApplied(existing, live, scope) : NO_FIELDS,
    time,
  })
  if (result.type === 'Conflict') throw applyConflict(result.conflicts)
  return result
}

/**
 * The whole object that results. Members of the config that nobody can own stay in it, so that unknown
 * ones are found; the rest is what merging gave.
 */
function toBody(
  config: JsonObject,
  {
    value,
    target,
    id,
  }: { readonly value: unknown; readonly target: WriteScope; readonly id: ManagerId },
): JsonObject {
  const merged = isJsonObject(value) ? value : {}
  if (target === 'status') return { ...config, status: merged['status'] ?? {} }
  const {
    labels: _l,
    annotations: _a,
    finalizers: _f,
    ownerReferences: _o,
    ...rest
  } = metadataOf(config)
  const metadata = { ...rest, ...metadataOf(merged) }
  const body = { ...config, metadata, spec: merged['spec'] ?? {} }
  return id.name === KUBECTL ? syncLastApplied(body, config) : body
}

/** Where client-side apply has left its annotation, kubectl's server-side apply keeps it true. */
function syncLastApplied(body: JsonObject, config: JsonObject): JsonObject {
  const metadata = metadataOf(body)
  const { annotations } = metadata
  if (!isJsonObject(annotations) || annotations[LAST_APPLIED_ANNOTATION] === undefined) return body
  const text = `${JSON.stringify(withoutLastApplied(config))}\n`
  return {
    ...body,
    metadata: { ...metadata, annotations: { ...annotations, [LAST_APPLIED_ANNOTATION]: text } },
  }
}

function withoutLastApplied(config: JsonObject): JsonObject {
  const metadata = metadataOf(config)
  const { annotations } = metadata
  if (!isJsonObject(annotations)) return config
  const { [LAST_APPLIED_ANNOTATION]: _text, ...others } = annotations
  return { ...config, metadata: { ...metadata, annotations: others } }
}

/**
 * Fields that client-side apply has set and nobody has changed since: conflicts over them are kubectl
 * against itself, when it moves from client-side to server-side apply.
 */
function fieldsOfLastApplied(
  existing: CapstanObject,
  live: JsonObject,
  scope: WriteScope,
): FieldSet {
  const lastApplied = parseLastApplied(toJsonObject(existing))
  if (!lastApplied) return NO_FIELDS
  const value = ownableOf(lastApplied, scope)
  const { added, modified, removed } = compareValues(live, value)
  return [added, modified, removed].reduce(differenceOf, rootFieldsOf(value))
}

/** Fields that were unknown are not there, so they have no manager. */
function limitTo(
  managers: readonly Manager[],
  id: ManagerId,
  present: FieldSet,
): readonly Manager[] {
  return managers.map((manager) =>
    isSameManager(manager, id)
      ? { ...manager, fields: intersectionOf(manager.fields, present) }
      : manager,
  )
}

function requireManager({ query }: ApiRequest): void {
  if ((query.get('fieldManager') ?? '') !== '') return
  throw invalid({ group: 'meta.k8s.io', plural: 'patchoptions', kind: 'PatchOptions' }, '', [
    {
      reason: 'FieldValueRequired',
      message: 'Required value: is required for apply patch',
      field: 'fieldManager',
    },
  ])
}

function parseConfig(
  request: ApiRequest,
  key: ObjectKey,
): { readonly config: JsonObject; readonly duplicates: readonly string[] } {
  const { object: config, duplicates } = readYamlObject(bodyText(request))
  for (const member of ['apiVersion', 'kind']) {
    if (config[member] === undefined) throw badRequest(`an apply patch needs ${member}`)
  }
  const metadata = metadataOf(config)
  if (metadata['managedFields'] !== undefined && metadata['managedFields'] !== null) {
    throw badRequest('metadata.managedFields must be nil')
  }
  if ((metadata['name'] ?? key.name) !== key.name) {
    throw badRequest(
      `the name of the object (${JSON.stringify(metadata['name'])}) does not match the name on the URL (${key.name})`,
    )
  }
  return { config: { ...config, metadata: { ...metadata, name: key.name } }, duplicates }
}

/** In Kubernetes' words, which kubectl explains to its user. */
function applyConflict(conflicts: readonly ManagerConflict[]): ApiError {
  const causes: readonly StatusCause[] = conflicts.flatMap(({ manager, paths }) =>
    paths.map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${renderManager(manager)}`,
      field,
    })),
  )
  return new ApiError('Conflict', conflictMessage(conflicts, causes), { causes })
}

function conflictMessage(
  conflicts: readonly ManagerConflict[],
  causes: readonly StatusCause[],
): string {
  const [only] = causes
  if (causes.length === 1 && only)
    return `Apply failed with 1 conflict: ${only.message}: ${only.field}`
  const lists = conflicts.map(({ manager, paths }) =>
    [`conflicts with ${renderManager(manager)}:`, ...paths.map((path) => `- ${path}`)].join('\n'),
  )
  return `Apply failed with ${causes.length} conflicts: ${lists.join('\n')}`
}

function renderManager({ name, operation, subresource, time }: Manager): string {
  const through = subresource === '' ? '' : ` with subresource "${subresource}"`
  if (operation === 'Apply') return `"${name}"${through}`
  const when = time === undefined ? '' : ` at ${time}`
  return `"${name}"${through} using capstan.dev/v1${when}`
}
