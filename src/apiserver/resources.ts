import { API_GROUP, KIND_NAMES, type Kind } from '../kinds/meta.ts'
import {
  AUTOMATION_COLUMNS,
  type Column,
  CRD_COLUMNS,
  DEPLOYMENT_COLUMNS,
  EVENT_COLUMNS,
  NAMESPACE_COLUMNS,
  POD_COLUMNS,
  RUN_COLUMNS,
  WORK_POOL_COLUMNS,
} from './columns.ts'
import type { ResourceInfo, SubresourceInfo, Verb } from './resource.ts'

/** Everything that the API serves, as data: discovery, tables, OpenAPI and error texts read it. */

export const READ_VERBS: readonly Verb[] = ['get', 'list', 'watch']
export const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]
const EDIT_VERBS: readonly Verb[] = ['get', 'patch', 'update']

const COLUMNS: Readonly<Record<Kind, readonly Column[]>> = {
  WorkPool: WORK_POOL_COLUMNS,
  Deployment: DEPLOYMENT_COLUMNS,
  Run: RUN_COLUMNS,
  Automation: AUTOMATION_COLUMNS,
}

const EXTRA_SUBRESOURCES: Readonly<Partial<Record<Kind, SubresourceInfo>>> = {
  WorkPool: {
    name: 'scale',
    kind: 'Scale',
    group: 'autoscaling',
    version: 'v1',
    verbs: EDIT_VERBS,
  },
  Run: { name: 'log', kind: 'Run', verbs: ['get'] },
}

function kindResource(kind: Kind): ResourceInfo {
  const extra = EXTRA_SUBRESOURCES[kind]
  return {
    ...KIND_NAMES[kind],
    group: API_GROUP,
    version: 'v1',
    kind,
    categories: ['all', 'capstan'],
    namespaced: true,
    verbs: ALL_VERBS,
    subresources: [{ name: 'status', kind, verbs: EDIT_VERBS }, ...(extra ? [extra] : [])],
    columns: COLUMNS[kind],
  }
}

export const KIND_RESOURCES: Readonly<Record<Kind, ResourceInfo>> = {
  WorkPool: kindResource('WorkPool'),
  Deployment: kindResource('Deployment'),
  Run: kindResource('Run'),
  Automation: kindResource('Automation'),
}

export const NAMESPACES: ResourceInfo = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  categories: [],
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [],
  columns: NAMESPACE_COLUMNS,
}

export const EVENTS: ResourceInfo = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  namespaced: true,
  verbs: READ_VERBS,
  subresources: [],
  columns: EVENT_COLUMNS,
}

export const PODS: ResourceInfo = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: [],
  namespaced: true,
  verbs: READ_VERBS,
  subresources: [{ name: 'log', kind: 'Pod', verbs: ['get'] }],
  columns: POD_COLUMNS,
}

/** Something that is only ever POSTed: the answer is the question with a status. */
function reviewResource(group: string, version: string, kind: string): ResourceInfo {
  const singular = kind.toLowerCase()
  return {
    group,
    version,
    kind,
    plural: `${singular}s`,
    singular,
    shortNames: [],
    categories: [],
    namespaced: false,
    verbs: ['create'],
    subresources: [],
    columns: [],
  }
}

export const ACCESS_REVIEWS = reviewResource(
  'authorization.k8s.io',
  'v1',
  'SelfSubjectAccessReview',
)
export const RULES_REVIEWS = reviewResource('authorization.k8s.io', 'v1', 'SelfSubjectRulesReview')
/** kubectl 1.27 knows the beta version alone. */
export const SELF_REVIEWS: readonly ResourceInfo[] = ['v1', 'v1beta1'].map((version) =>
  reviewResource('authentication.k8s.io', version, 'SelfSubjectReview'),
)

export const CUSTOM_RESOURCE_DEFINITIONS: ResourceInfo = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: [],
  namespaced: false,
  verbs: READ_VERBS,
  subresources: [],
  columns: CRD_COLUMNS,
}
