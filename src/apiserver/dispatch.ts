import { KINDS } from '../kinds/meta.ts'
import type { Store } from '../store/types.ts'
import { requireAccess } from './authorize.ts'
import { methodNotAllowed, noSuchPath } from './errors.ts'
import type { ApiContext } from './ports.ts'
import { boolQuery } from './query.ts'
import { createDefinitionReader } from './readers/custom-resource-definitions.ts'
import { createEventReader } from './readers/events.ts'
import { createPodReader } from './readers/pods.ts'
import { type ApiRequest, type ApiResponse, jsonResponse } from './request.ts'
import { groupVersion, type ResourceReader, type Verb } from './resource.ts'
import { parsePath, type ResourceRoute, type Route } from './router.ts'
import { createDiscovery, type Discovery } from './routes/discovery.ts'
import { healthResponse } from './routes/health.ts'
import { serveKind } from './routes/kinds.ts'
import { podLog, runLog } from './routes/logs.ts'
import { serveNamespaces } from './routes/namespaces.ts'
import { createOpenApiRoutes, type OpenApiRoutes } from './routes/openapi.ts'
import { readVerbs } from './routes/read.ts'
import type { ResourceCall, ResourceHandler, ServedResource } from './routes/resource-call.ts'
import { serveReviews } from './routes/reviews.ts'
import { SCALE_VERBS } from './routes/scale.ts'
import { STATUS_PATH, statusPage } from './routes/status-page.ts'
import { renderVersion } from './version.ts'

/** Finds what a path names and lets it answer. */
export function createDispatcher(
  context: ApiContext,
): (request: ApiRequest) => ApiResponse | Promise<ApiResponse> {
  const served = serveAll(context.store)
  const byPath = new Map(served.map((resource) => [pathOf(resource), resource]))
  const infos = served.map(({ info }) => info)
  const documents = {
    discovery: createDiscovery(infos),
    openApi: createOpenApiRoutes(infos, context.version),
  }
  const fixed = fixedRoutes(context, documents)

  return (request) => {
    const route = parsePath(request.path)
    if (route.type === 'Resource') {
      const resource = byPath.get(`${groupVersion(route)}/${route.plural}`)
      if (!resource) throw noSuchPath()
      return dispatchResource(context, request, { route, resource })
    }
    const answer =
      route.type === 'Fixed'
        ? fixed.get(route.path)?.(request)
        : answerDocument(documents, route, request)
    if (!answer) throw noSuchPath()
    if (request.method !== 'GET') throw methodNotAllowed()
    return answer
  }
}

interface Documents {
  readonly discovery: Discovery
  readonly openApi: OpenApiRoutes
}

function answerDocument(
  { discovery, openApi }: Documents,
  route: Exclude<Route, ResourceRoute | { readonly type: 'Fixed' }>,
  request: ApiRequest,
): ApiResponse | undefined {
  switch (route.type) {
    case 'Group':
      return discovery.group(route.group)
    case 'GroupVersion':
      return discovery.resources(route.group, route.version)
    case 'OpenApi':
      return openApi.document(route.document, request)
  }
}

function serveAll(store: Store): readonly ServedResource[] {
  const kinds = KINDS.map((kind) => serveKind(store, kind))
  const resources = [
    ...kinds.map((resource) => withExtras(resource)),
    serveNamespaces(store),
    serveReadOnly(createEventReader(store)),
    serveReadOnly(createDefinitionReader(store)),
    { ...serveReadOnly(createPodReader(store)), subresources: { log: { get: podLog } } },
  ]
  return [...resources, ...serveReviews(resources.map(({ info }) => info))]
}

function withExtras(resource: ServedResource): ServedResource {
  const { subresources, info } = resource
  if (info.kind === 'WorkPool')
    return { ...resource, subresources: { ...subresources, scale: SCALE_VERBS } }
  if (info.kind === 'Run')
    return { ...resource, subresources: { ...subresources, log: { get: runLog } } }
  return resource
}

function serveReadOnly(reader: ResourceReader): ServedResource {
  return { info: reader.info, reader, verbs: readVerbs(reader), subresources: {} }
}

function pathOf({ info }: ServedResource): string {
  return `${groupVersion(info)}/${info.plural}`
}

function fixedRoutes(
  context: ApiContext,
  { discovery, openApi }: Documents,
): ReadonlyMap<string, (request: ApiRequest) => ApiResponse> {
  const { health, version } = context
  return new Map<string, (request: ApiRequest) => ApiResponse>([
    ['/api', (request) => discovery.core(request)],
    ['/apis', (request) => discovery.groups(request)],
    ['/openapi/v2', (request) => openApi.v2(request)],
    ['/openapi/v3', () => openApi.index()],
    ['/version', () => jsonResponse(200, renderVersion(version))],
    ['/livez', (request) => healthResponse('/livez', health.live(), request)],
    ['/readyz', (request) => healthResponse('/readyz', health.ready(), request)],
    ['/healthz', (request) => healthResponse('/healthz', health.ready(), request)],
    [STATUS_PATH, () => statusPage(context)],
  ])
}

interface ResourceTarget {
  readonly route: ResourceRoute
  readonly resource: ServedResource
}

function dispatchResource(
  context: ApiContext,
  request: ApiRequest,
  { route, resource }: ResourceTarget,
): ApiResponse | Promise<ApiResponse> {
  const { info } = resource
  const isScopeWrong = info.namespaced
    ? route.name !== undefined && route.namespace === undefined
    : route.namespace !== undefined
  if (isScopeWrong) throw noSuchPath()
  const verb = verbOf(request, route)
  requireAccess(request.user, {
    verb,
    group: info.group,
    resource: info.plural,
    ...(route.subresource === undefined ? {} : { subresource: route.subresource }),
    ...(route.name === undefined ? {} : { name: route.name }),
    ...(route.namespace === undefined ? {} : { namespace: route.namespace }),
  })
  const handler = findHandler(resource, route, verb)
  const call: ResourceCall = {
    context,
    request,
    namespace: route.namespace,
    name: route.name ?? '',
  }
  return handler(call)
}

function findHandler(
  { info, verbs, subresources }: ServedResource,
  { namespace, subresource }: ResourceRoute,
  verb: Verb,
): ResourceHandler {
  const handlers = subresource === undefined ? verbs : subresources[subresource]
  if (!handlers) throw noSuchPath()
  const handler = handlers[verb]
  const needsNamespace = info.namespaced && ['create', 'deletecollection'].includes(verb)
  if (!handler || (needsNamespace && namespace === undefined)) throw methodNotAllowed()
  return handler
}

/** What a method means for a path, as Kubernetes' request info has it. */
function verbOf(request: ApiRequest, { name, subresource }: ResourceRoute): Verb {
  const isNamed = name !== undefined
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      if (subresource === undefined && boolQuery(request.query, 'watch')) return 'watch'
      return isNamed ? 'get' : 'list'
    case 'POST':
      if (isNamed) throw methodNotAllowed()
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection'
    default:
      throw methodNotAllowed()
  }
}
