import type { JsonObject } from '../../lib/json.ts'
import { groupVersion, type ResourceInfo, type Verb } from '../resource.ts'

/** One query parameter of an operation. */
export interface Parameter {
  readonly name: string
  readonly description: string
}

/** One operation of a path, in no dialect yet: OpenAPI v2 and v3 write it differently. */
export interface Operation {
  readonly method: 'get' | 'put' | 'post' | 'delete' | 'patch'
  readonly id: string
  /** Kubernetes' x-kubernetes-action. */
  readonly action: string
  readonly parameters: readonly Parameter[]
  readonly consumes: readonly string[]
  readonly hasBody: boolean
}

export interface PathDescription {
  readonly path: string
  readonly pathParameters: readonly string[]
  readonly info: ResourceInfo
  readonly operations: readonly Operation[]
}

const DRY_RUN = { name: 'dryRun', description: 'All: nothing is persisted.' }
const FIELD_MANAGER = { name: 'fieldManager', description: 'Name of who makes the change.' }
/** kubectl leaves validation to the server where it finds this parameter on PATCH. */
const FIELD_VALIDATION = {
  name: 'fieldValidation',
  description: 'What is done about unknown fields: Strict, Warn or Ignore.',
}
const FORCE = { name: 'force', description: 'Apply patches take over fields of other managers.' }
const LIST_PARAMETERS = [
  { name: 'continue', description: 'Where the list goes on.' },
  { name: 'fieldSelector', description: 'Selects by fields.' },
  { name: 'labelSelector', description: 'Selects by labels.' },
  { name: 'limit', description: 'Most objects on a page.' },
  { name: 'resourceVersion', description: 'Version to start from.' },
  { name: 'watch', description: 'Stream changes instead.' },
]
const WRITE_PARAMETERS = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION]
const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
]

type OperationShape = Omit<Operation, 'id'> & { readonly verb: Verb }

const COLLECTION_OPERATIONS: readonly OperationShape[] = [
  {
    verb: 'list',
    method: 'get',
    action: 'list',
    parameters: LIST_PARAMETERS,
    consumes: [],
    hasBody: false,
  },
  {
    verb: 'create',
    method: 'post',
    action: 'post',
    parameters: WRITE_PARAMETERS,
    consumes: [],
    hasBody: true,
  },
  {
    verb: 'deletecollection',
    method: 'delete',
    action: 'deletecollection',
    parameters: LIST_PARAMETERS,
    consumes: [],
    hasBody: false,
  },
]

const ITEM_OPERATIONS: readonly OperationShape[] = [
  { verb: 'get', method: 'get', action: 'get', parameters: [], consumes: [], hasBody: false },
  {
    verb: 'update',
    method: 'put',
    action: 'put',
    parameters: WRITE_PARAMETERS,
    consumes: [],
    hasBody: true,
  },
  {
    verb: 'patch',
    method: 'patch',
    action: 'patch',
    parameters: [...WRITE_PARAMETERS, FORCE],
    consumes: PATCH_TYPES,
    hasBody: true,
  },
  {
    verb: 'delete',
    method: 'delete',
    action: 'delete',
    parameters: [DRY_RUN],
    consumes: [],
    hasBody: false,
  },
]

/** The collection and item paths of a resource; subresources are left out, no client looks them up here. */
export function describePaths(info: ResourceInfo): readonly PathDescription[] {
  const root = info.group === '' ? `/api/${info.version}` : `/apis/${groupVersion(info)}`
  const scope = info.namespaced ? '/namespaces/{namespace}' : ''
  const scopeParameters = info.namespaced ? ['namespace'] : []
  const collection = `${root}${scope}/${info.plural}`
  const descriptions = [
    describePath(info, collection, scopeParameters, COLLECTION_OPERATIONS),
    describePath(info, `${collection}/{name}`, [...scopeParameters, 'name'], ITEM_OPERATIONS),
  ]
  if (!info.namespaced) return descriptions
  const everywhere = COLLECTION_OPERATIONS.filter(({ verb }) => verb === 'list')
  return [describePath(info, `${root}/${info.plural}`, [], everywhere), ...descriptions]
}

function describePath(
  info: ResourceInfo,
  path: string,
  pathParameters: readonly string[],
  shapes: readonly OperationShape[],
): PathDescription {
  const operations = shapes
    .filter(({ verb }) => info.verbs.includes(verb))
    .map(({ verb, ...operation }) => ({
      ...operation,
      id: `${verb}${pathParameters.includes('namespace') ? 'Namespaced' : ''}${info.kind}`,
    }))
  return { path, pathParameters, info, operations }
}

/** The extension by which clients find the kind of an operation or definition. */
export function kindExtension({ group, version, kind }: ResourceInfo): JsonObject {
  return { group, version, kind }
}
