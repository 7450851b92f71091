import assert from 'node:assert/strict'
import type * as ClientNode from 'client-node-2'
import type { World } from './kubectl-world.ts'

/** What the two majors of @kubernetes/client-node have in common, which is all that is used here. */
export type Library = Pick<
  typeof ClientNode,
  | 'KubeConfig'
  | 'KubernetesObjectApi'
  | 'CustomObjectsApi'
  | 'CoreV1Api'
  | 'AuthorizationV1Api'
  | 'AuthenticationV1Api'
  | 'VersionApi'
  | 'ApisApi'
  | 'Watch'
  | 'Log'
  | 'PatchStrategy'
  | 'makeInformer'
  | 'setHeaderOptions'
>

export interface NodeSession {
  readonly library: Library
  readonly config: ClientNode.KubeConfig
  readonly world: World
}

export type Check = (session: NodeSession) => Promise<void>

export interface Pool extends ClientNode.KubernetesObject {
  spec: { concurrencyLimit?: number; suspend?: boolean }
  status?: unknown
}

const GROUP = { group: 'capstan.dev', version: 'v1' }
const POOLS = { ...GROUP, namespace: 'default', plural: 'workpools' }
export const POOLS_PATH = '/apis/capstan.dev/v1/namespaces/default/workpools'

export const aPool = (
  name: string,
  spec: Pool['spec'] = {},
  labels: Record<string, string> = {},
): Pool => ({
  apiVersion: 'capstan.dev/v1',
  kind: 'WorkPool',
  metadata: { name, namespace: 'default', labels },
  spec,
})

export const aPoolHeader = (name: string) => ({
  apiVersion: 'capstan.dev/v1',
  kind: 'WorkPool',
  metadata: { name, namespace: 'default' },
})

export const objectsApi = ({ library, config }: NodeSession): ClientNode.KubernetesObjectApi =>
  library.KubernetesObjectApi.makeApiClient(config)
const custom = ({ library, config }: NodeSession): ClientNode.CustomObjectsApi =>
  config.makeApiClient(library.CustomObjectsApi)
const core = ({ library, config }: NodeSession): ClientNode.CoreV1Api =>
  config.makeApiClient(library.CoreV1Api)

function codeOf(error: unknown): number {
  return typeof error === 'object' && error !== null && 'code' in error ? Number(error.code) : 0
}

async function refused(call: Promise<unknown>, code: number): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.equal(codeOf(error), code, String(error))
    return true
  })
}

const OBJECTS = aPoolHeader('objects')

/** The generic API, which asks discovery for the path of a kind. */
const OBJECTS_API: Readonly<Record<string, Check>> = {
  'objects: create': async (session) => {
    const made = await objectsApi(session).create(aPool('objects', { concurrencyLimit: 1 }))
    assert.equal(made.spec.concurrencyLimit, 1)
    assert.ok(made.metadata?.uid)
  },
  'objects: create again is refused': (session) =>
    refused(objectsApi(session).create(aPool('objects')), 409),
  'objects: dry run writes nothing': async (session) => {
    await objectsApi(session).create(aPool('dry'), undefined, 'All')
    await refused(objectsApi(session).read(aPoolHeader('dry')), 404)
  },
  'objects: read': async (session) => {
    const found = await objectsApi(session).read<Pool>(OBJECTS)
    assert.equal(found.metadata?.name, 'objects')
  },
  'objects: list': async (session) => {
    const list = await objectsApi(session).list<Pool>('capstan.dev/v1', 'WorkPool', 'default')
    assert.deepEqual(
      list.items.map(({ metadata }) => metadata?.name),
      ['objects'],
    )
    assert.ok(Number(list.metadata?.resourceVersion) > 0)
  },
  'objects: strategic merge patch is refused': (session) =>
    refused(objectsApi(session).patch(aPool('objects', { concurrencyLimit: 2 })), 415),
  'objects: merge patch': async (session) => {
    const { MergePatch } = session.library.PatchStrategy
    const patched = await objectsApi(session).patch(
      aPool('objects', { concurrencyLimit: 2 }),
      undefined,
      undefined,
      undefined,
      undefined,
      MergePatch,
    )
    assert.equal(patched.spec.concurrencyLimit, 2)
  },
  'objects: server-side apply, its conflict, and force': async (session) => {
    const { ServerSideApply } = session.library.PatchStrategy
    const apply = (limit: number, force: boolean): Promise<Pool> =>
      objectsApi(session).patch(
        aPool('objects', { concurrencyLimit: limit }),
        undefined,
        undefined,
        'node',
        force,
        ServerSideApply,
      )
    await refused(apply(3, false), 409)
    assert.equal((await apply(3, true)).spec.concurrencyLimit, 3)
  },
  'objects: replace, and not with an old version': async (session) => {
    const found = await objectsApi(session).read<Pool>(OBJECTS)
    const next = { ...found, spec: { concurrencyLimit: 4 } }
    assert.equal((await objectsApi(session).replace(next)).spec.concurrencyLimit, 4)
    await refused(objectsApi(session).replace(next), 409)
  },
  'objects: what is wrong with a field': async (session) => {
    await assert.rejects(
      objectsApi(session).create(aPool('bad', { concurrencyLimit: -1 })),
      (error) => {
        assert.equal(codeOf(error), 422)
        assert.match(String(error), /spec\.concurrencyLimit/)
        return true
      },
    )
  },
  'objects: delete': async (session) => {
    await objectsApi(session).delete(OBJECTS)
    await refused(objectsApi(session).read(OBJECTS), 404)
  },
}

/** Bodies and answers have no type there. */
interface CustomList {
  readonly items: readonly Pool[]
  readonly metadata: { readonly continue?: string }
}

const CUSTOM_API: Readonly<Record<string, Check>> = {
  'custom: create': async (session) => {
    for (const name of ['c1', 'c2', 'c3']) {
      const body = aPool(name, {}, { custom: 'yes', name })
      await custom(session).createNamespacedCustomObject({ ...POOLS, body })
    }
  },
  'custom: list by label': async (session) => {
    const list: CustomList = await custom(session).listNamespacedCustomObject({
      ...POOLS,
      labelSelector: 'custom=yes,name in (c1,c3)',
    })
    assert.deepEqual(
      list.items.map(({ metadata }) => metadata?.name),
      ['c1', 'c3'],
    )
  },
  'custom: list by page': async (session) => {
    const first: CustomList = await custom(session).listNamespacedCustomObject({
      ...POOLS,
      limit: 2,
    })
    assert.equal(first.items.length, 2)
    const second: CustomList = await custom(session).listNamespacedCustomObject({
      ...POOLS,
      limit: 2,
      _continue: first.metadata.continue ?? '',
    })
    assert.deepEqual(
      second.items.map(({ metadata }) => metadata?.name),
      ['c3'],
    )
  },
  'custom: list of the cluster': async (session) => {
    const list: CustomList = await custom(session).listClusterCustomObject({
      ...GROUP,
      plural: 'workpools',
    })
    assert.equal(list.items.length, 3)
  },
  'custom: get': async (session) => {
    const found: Pool = await custom(session).getNamespacedCustomObject({ ...POOLS, name: 'c1' })
    assert.equal(found.kind, 'WorkPool')
  },
  'custom: JSON patch': async (session) => {
    const patched: Pool = await custom(session).patchNamespacedCustomObject({
      ...POOLS,
      name: 'c1',
      body: [{ op: 'add', path: '/spec/suspend', value: true }],
    })
    assert.equal(patched.spec.suspend, true)
  },
  'custom: merge patch': async ({ library, ...session }) => {
    const patched: Pool = await custom({ library, ...session }).patchNamespacedCustomObject(
      { ...POOLS, name: 'c1', body: { spec: { suspend: null } } },
      library.setHeaderOptions('Content-Type', library.PatchStrategy.MergePatch),
    )
    assert.deepEqual(patched.spec, {})
  },
  'custom: status': async (session) => {
    const found: Pool = await custom(session).getNamespacedCustomObject({ ...POOLS, name: 'c2' })
    const body = { ...found, status: { active: 2 } }
    await custom(session).replaceNamespacedCustomObjectStatus({ ...POOLS, name: 'c2', body })
    const after: Pool = await custom(session).getNamespacedCustomObjectStatus({
      ...POOLS,
      name: 'c2',
    })
    assert.deepEqual(after.status, { active: 2 })
  },
  'custom: scale': async (session) => {
    const scale = { spec: { replicas: 7 } }
    await custom(session).patchNamespacedCustomObjectScale(
      { ...POOLS, name: 'c1', body: scale },
      session.library.setHeaderOptions('Content-Type', session.library.PatchStrategy.MergePatch),
    )
    const found: Pool = await custom(session).getNamespacedCustomObject({ ...POOLS, name: 'c1' })
    assert.equal(found.spec.concurrencyLimit, 7)
  },
  'custom: delete one and the rest': async (session) => {
    await custom(session).deleteNamespacedCustomObject({ ...POOLS, name: 'c1' })
    await custom(session).deleteCollectionNamespacedCustomObject({
      ...POOLS,
      labelSelector: 'custom=yes',
    })
    const list: CustomList = await custom(session).listNamespacedCustomObject(POOLS)
    assert.deepEqual(list.items, [])
  },
}

const BUILT_IN: Readonly<Record<string, Check>> = {
  version: async ({ library, config }) => {
    const { gitVersion } = await config.makeApiClient(library.VersionApi).getCode()
    assert.equal(gitVersion, 'v1.33.0+capstan.1.2.3')
  },
  groups: async ({ library, config }) => {
    const { groups } = await config.makeApiClient(library.ApisApi).getAPIVersions()
    assert.ok(groups.some(({ name }) => name === 'capstan.dev'))
  },
  namespaces: async (session) => {
    const body = { metadata: { name: 'node', labels: { made: 'here' } } }
    const made = await core(session).createNamespace({ body })
    assert.equal(made.status?.phase, 'Active')
    const { items } = await core(session).listNamespace({ labelSelector: 'made=here' })
    assert.deepEqual(
      items.map(({ metadata }) => metadata?.name),
      ['node'],
    )
    await core(session).deleteNamespace({ name: 'node' })
  },
  'events of an object': async (session) => {
    await objectsApi(session).create(aPool('eventful'))
    session.world.recordEvent('WorkPool', 'eventful', 'something happened')
    const { items } = await core(session).listNamespacedEvent({
      namespace: 'default',
      fieldSelector: 'involvedObject.name=eventful',
    })
    assert.deepEqual(
      items.map(({ message }) => message),
      ['something happened'],
    )
    await objectsApi(session).delete(aPoolHeader('eventful'))
  },
  'access reviews': async ({ library, config }) => {
    const review = await config
      .makeApiClient(library.AuthorizationV1Api)
      .createSelfSubjectAccessReview({
        body: {
          spec: { resourceAttributes: { verb: 'create', group: 'capstan.dev', resource: 'runs' } },
        },
      })
    assert.equal(review.status?.allowed, true)
    const me = await config
      .makeApiClient(library.AuthenticationV1Api)
      .createSelfSubjectReview({ body: {} })
    assert.equal(me.status?.userInfo?.username, 'capstan:test')
  },
  'a token that is none': async ({ library, config }) => {
    const stranger = new library.KubeConfig()
    stranger.loadFromString(config.exportConfig().replace(/capstan_[0-9a-f]+/, 'capstan_0'))
    await refused(stranger.makeApiClient(library.CoreV1Api).listNamespace(), 401)
  },
}

export const NODE_CHECKS: Readonly<Record<string, Check>> = {
  ...BUILT_IN,
  ...OBJECTS_API,
  ...CUSTOM_API,
}
