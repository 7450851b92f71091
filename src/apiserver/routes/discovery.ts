import { accepts } from '../accept.ts'
import { type ApiRequest, type ApiResponse, jsonResponse } from '../request.ts'
import { groupVersion, type ResourceInfo } from '../resource.ts'

/** Kubernetes' own resource names of the storage version hash are left out: nothing is stored twice. */
const AGGREGATED = { g: 'apidiscovery.k8s.io', as: 'APIGroupDiscoveryList' } as const
const AGGREGATED_VERSION = 'v2'

/** The resources of one group version. */
interface GroupVersion {
  readonly group: string
  readonly version: string
  readonly resources: readonly ResourceInfo[]
}

/** Answers `/api`, `/apis`, `/apis/G`, `/apis/G/V` and `/api/v1` from the table of resources. */
export interface Discovery {
  core(request: ApiRequest): ApiResponse
  groups(request: ApiRequest): ApiResponse
  group(name: string): ApiResponse | undefined
  resources(group: string, version: string): ApiResponse | undefined
}

export function createDiscovery(infos: readonly ResourceInfo[]): Discovery {
  const groupVersions = toGroupVersions(infos)
  const named = groupVersions.filter(({ group }) => group !== '')
  return {
    core(request) {
      if (wantsAggregated(request))
        return aggregated(groupVersions.filter(({ group }) => group === ''))
      return jsonResponse(200, {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [],
      })
    },
    groups(request) {
      if (wantsAggregated(request)) return aggregated(named)
      return jsonResponse(200, {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: named.map(renderGroup),
      })
    },
    group(name) {
      const found = named.find(({ group }) => group === name)
      return (
        found && jsonResponse(200, { kind: 'APIGroup', apiVersion: 'v1', ...renderGroup(found) })
      )
    },
    resources(group, version) {
      const found = groupVersions.find(
        (candidate) => candidate.group === group && candidate.version === version,
      )
      return (
        found &&
        jsonResponse(200, {
          kind: 'APIResourceList',
          apiVersion: 'v1',
          groupVersion: groupVersion(found),
          resources: found.resources.flatMap(renderResource),
        })
      )
    },
  }
}

function toGroupVersions(infos: readonly ResourceInfo[]): readonly GroupVersion[] {
  const byName = Map.groupBy(infos, groupVersion)
  return [...byName.values()].flatMap((resources) => {
    const [first] = resources
    return first ? [{ group: first.group, version: first.version, resources }] : []
  })
}

/** kubectl asks for v2 since 1.30; v2beta1 alone (1.27 to 1.29) is answered plainly. */
function wantsAggregated(request: ApiRequest): boolean {
  return accepts(request.headers['accept'], 'application/json', {
    ...AGGREGATED,
    v: AGGREGATED_VERSION,
  })
}

function renderGroup({ group, version }: GroupVersion): object {
  const preferred = { groupVersion: `${group}/${version}`, version }
  return { name: group, versions: [preferred], preferredVersion: preferred }
}

function renderResource(info: ResourceInfo): readonly object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = info
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  }
  const subresources = info.subresources.map((subresource) => ({
    name: `${plural}/${subresource.name}`,
    singularName: '',
    namespaced,
    kind: subresource.kind,
    ...(subresource.group === undefined ? {} : { group: subresource.group }),
    ...(subresource.version === undefined ? {} : { version: subresource.version }),
    verbs: subresource.verbs,
  }))
  return [own, ...subresources]
}

function aggregated(groupVersions: readonly GroupVersion[]): ApiResponse {
  const items = groupVersions.map(({ group, version, resources }) => ({
    metadata: group === '' ? {} : { name: group },
    versions: [
      { version, freshness: 'Current', resources: resources.map(renderAggregatedResource) },
    ],
  }))
  const { g, as } = AGGREGATED
  const contentType = `application/json;g=${g};v=${AGGREGATED_VERSION};as=${as}`
  return jsonResponse(
    200,
    { kind: as, apiVersion: `${g}/${AGGREGATED_VERSION}`, metadata: {}, items },
    { 'content-type': contentType },
  )
}

function renderAggregatedResource(info: ResourceInfo): object {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = info
  return {
    resource: plural,
    responseKind: { group: info.group, version: info.version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(info.subresources.length > 0
      ? {
          subresources: info.subresources.map((subresource) => ({
            subresource: subresource.name,
            responseKind: {
              group: subresource.group ?? info.group,
              version: subresource.version ?? info.version,
              kind: subresource.kind,
            },
            verbs: subresource.verbs,
          })),
        }
      : {}),
  }
}
