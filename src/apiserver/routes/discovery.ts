import { accepts } from '../accept.ts'
import { type ApiRequest, type ApiResponse, jsonResponse } from '../request.ts'
import { groupVersion, type ResourceInfo } from '../resource.ts'

/** The media type parameters of the answer that holds everything at once. */
const AGGREGATED = { g: 'apidiscovery.k8s.io', as: 'APIGroupDiscoveryList' } as const
const AGGREGATED_VERSION = 'v2'

/** The resources of one group version. */
interface GroupVersion {
  readonly group: string
  readonly version: string
  readonly resources: readonly ResourceInfo[]
}

/** A group with its versions, the preferred one first. */
interface Group {
  readonly name: string
  readonly versions: readonly GroupVersion[]
}

/** Answers `/api`, `/apis`, `/apis/G`, `/apis/G/V` and `/api/v1` from the table of resources. */
export interface Discovery {
  core(request: ApiRequest): ApiResponse
  groups(request: ApiRequest): ApiResponse
  group(name: string): ApiResponse | undefined
  resources(group: string, version: string): ApiResponse | undefined
}

export function createDiscovery(infos: readonly ResourceInfo[]): Discovery {
  const groups = toGroups(infos)
  const named = groups.filter(({ name }) => name !== '')
  return {
    core(request) {
      if (wantsAggregated(request)) return aggregated(groups.filter(({ name }) => name === ''))
      return jsonResponse(200, {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [],
      })
    },
    groups(request) {
      if (wantsAggregated(request)) return aggregated(named)
      const rendered = named.map(renderGroup)
      return jsonResponse(200, { kind: 'APIGroupList', apiVersion: 'v1', groups: rendered })
    },
    group(name) {
      const group = named.find((candidate) => candidate.name === name)
      return (
        group && jsonResponse(200, { kind: 'APIGroup', apiVersion: 'v1', ...renderGroup(group) })
      )
    },
    resources(group, version) {
      const found = groups
        .find(({ name }) => name === group)
        ?.versions.find((candidate) => candidate.version === version)
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

function toGroups(infos: readonly ResourceInfo[]): readonly Group[] {
  return [...Map.groupBy(infos, ({ group }) => group)].map(([name, resources]) => ({
    name,
    versions: [...Map.groupBy(resources, ({ version }) => version)].map(([version, own]) => ({
      group: name,
      version,
      resources: own,
    })),
  }))
}

/** kubectl asks for v2 since 1.30; v2beta1 alone (1.27 to 1.29) is answered plainly. */
function wantsAggregated(request: ApiRequest): boolean {
  return accepts(request.headers['accept'], 'application/json', {
    ...AGGREGATED,
    v: AGGREGATED_VERSION,
  })
}

function renderGroup({ name, versions }: Group): object {
  const rendered = versions.map((entry) => ({
    groupVersion: groupVersion(entry),
    version: entry.version,
  }))
  return { name, versions: rendered, preferredVersion: rendered[0] }
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

function aggregated(groups: readonly Group[]): ApiResponse {
  const items = groups.map(({ name, versions }) => ({
    metadata: name === '' ? {} : { name },
    versions: versions.map(({ version, resources }) => ({
      version,
      freshness: 'Current',
      resources: resources.map(renderAggregatedResource),
    })),
  }))
  const { g, as } = AGGREGATED
  return jsonResponse(
    200,
    { kind: as, apiVersion: `${g}/${AGGREGATED_VERSION}`, metadata: {}, items },
    { 'content-type': `application/json;g=${g};v=${AGGREGATED_VERSION};as=${as}` },
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
