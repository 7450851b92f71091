import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Answer,
  type ApiWorld,
  createApiWorld,
  PREFIX,
  poolBody,
} from '../../test/world/api.ts'
import { KINDS } from '../kinds/meta.ts'
import { MessageWriter } from './protobuf.ts'
import type { Role } from './request.ts'

let world: ApiWorld
beforeEach(() => {
  world = createApiWorld()
})
afterEach(() => world.close())

const get = async (path: string, accept?: string): Promise<Answer> =>
  (await world.send('GET', path, accept === undefined ? {} : { accept })).body

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

describe('discovery', () => {
  test('plain', async () => {
    expect(await get('/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
    const { groups } = await get('/apis')
    expect(groups.map((group: Answer) => group.name)).toEqual([
      'capstan.dev',
      'apiextensions.k8s.io',
      'authorization.k8s.io',
      'authentication.k8s.io',
    ])
    expect(await get('/apis/capstan.dev')).toMatchObject({
      kind: 'APIGroup',
      preferredVersion: { groupVersion: 'capstan.dev/v1' },
    })
    const { resources } = await get('/apis/capstan.dev/v1')
    expect(resources.map((resource: Answer) => resource.name)).toEqual([
      'workpools',
      'workpools/status',
      'workpools/scale',
      'deployments',
      'deployments/status',
      'runs',
      'runs/status',
      'runs/log',
      'automations',
      'automations/status',
    ])
    expect(resources[2]).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale' })
    expect(resources[0]).toMatchObject({ shortNames: ['wp'], categories: ['all', 'capstan'] })
    const core = await get('/api/v1')
    expect(core.resources.map((resource: Answer) => resource.name)).toEqual([
      'namespaces',
      'events',
      'pods',
      'pods/log',
    ])
  })

  test('everything at once, under the media type that was asked for', async () => {
    const { headers, body } = await world.send('GET', '/apis', {
      accept: `${AGGREGATED},application/json`,
    })
    expect(headers['content-type']).toBe(AGGREGATED)
    expect(body).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
    })
    expect(body.items[0].versions[0].resources[2]).toMatchObject({
      resource: 'runs',
      scope: 'Namespaced',
      responseKind: { kind: 'Run' },
      subresources: [{ subresource: 'status' }, { subresource: 'log' }],
    })
    expect((await get('/api', AGGREGATED)).items[0].metadata).toEqual({})
    expect((await get('/apis', AGGREGATED.replace('v2', 'v2beta1'))).kind).toBe('APIGroupList')
  })

  test('the kinds as CustomResourceDefinitions', async () => {
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    const { items } = await get(crds)
    expect(items).toHaveLength(KINDS.length)
    const pool = await get(`${crds}/workpools.capstan.dev`)
    expect(pool.metadata.labels).toEqual({ 'applyset.kubernetes.io/is-parent-type': 'true' })
    expect(pool.spec.versions[0].subresources.scale.specReplicasPath).toBe('.spec.concurrencyLimit')
    const deployment = await get(`${crds}/deployments.capstan.dev`)
    expect(deployment.spec.versions[0].additionalPrinterColumns).toContainEqual(
      expect.objectContaining({ name: 'Next', jsonPath: '.status.nextScheduleTimes[0]' }),
    )
  })

  test('version', async () => {
    expect(await get('/version')).toMatchObject({ major: '1', gitVersion: 'v1.33.0+capstan.1.2.3' })
  })
})

describe('health', () => {
  test.each([
    ['/livez', 200, 'ok'],
    ['/livez?verbose', 200, '[+]ping ok\nlivez check passed\n'],
    ['/readyz', 500, '[+]store ok\n[-]sources failed: not read yet\nreadyz check failed\n'],
    ['/readyz?exclude=sources', 200, 'ok'],
    ['/healthz?exclude=sources', 200, 'ok'],
  ])('%s', async (path, status, text) => {
    expect(await world.send('GET', path)).toMatchObject({ status, body: text })
  })
})

describe('refusals', () => {
  test.each([
    ['GET', '/nope', 404, 'NotFound'],
    ['GET', '/apis/nope/v1', 404, 'NotFound'],
    ['GET', `${PREFIX}/nope`, 404, 'NotFound'],
    ['GET', '/apis/capstan.dev/v1/runs/x', 404, 'NotFound'],
    ['GET', '/api/v1/namespaces/default/namespaces', 404, 'NotFound'],
    ['GET', `${PREFIX}/runs/x/nope`, 404, 'NotFound'],
    ['POST', '/version', 405, 'MethodNotAllowed'],
    ['POST', `${PREFIX}/runs/x`, 405, 'MethodNotAllowed'],
    ['TRACE', `${PREFIX}/runs`, 405, 'MethodNotAllowed'],
    ['GET', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 405, 'MethodNotAllowed'],
  ])('%s %s answers %i', async (method, path, status, reason) => {
    const reply = await world.send(method, path)
    expect(reply.status).toBe(status)
    expect(reply.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', reason, code: status })
  })

  test('impersonation is never ignored', async () => {
    const reply = await world.send('GET', `${PREFIX}/runs`, {
      headers: { 'impersonate-user': 'root' },
    })
    expect(reply.status).toBe(403)
  })

  test('an error of our own is logged and stays inside', async () => {
    world.store.close()
    const { status, body } = await world.send('GET', `${PREFIX}/runs`)
    expect([status, body.reason]).toEqual([500, 'InternalError'])
    expect(body.message).not.toContain('database')
    expect(world.log.lines).toMatchObject([
      { level: 'error', message: 'request failed', method: 'GET' },
    ])
    world = createApiWorld()
  })
})

describe('roles', () => {
  const attempts: readonly (readonly [string, string, unknown])[] = [
    ['GET', `${PREFIX}/workpools`, undefined],
    ['POST', `${PREFIX}/workpools`, poolBody('etl')],
    ['DELETE', `${PREFIX}/workpools`, undefined],
    ['POST', '/api/v1/namespaces', { metadata: { name: 'team' } }],
  ]
  test.each<readonly [Role, readonly number[]]>([
    ['view', [200, 403, 403, 403]],
    ['edit', [200, 201, 200, 403]],
    ['admin', [200, 201, 200, 201]],
  ])('%s', async (role, expected) => {
    const codes: number[] = []
    for (const [method, path, body] of attempts) {
      codes.push((await world.send(method, path, { body, role })).status)
    }
    expect(codes).toEqual(expected)
  })

  test('a refusal says who may not do what', async () => {
    const { body } = await world.send('DELETE', `${PREFIX}/workpools/etl`, { role: 'view' })
    expect(body.message).toBe(
      'workpools.capstan.dev "etl" is forbidden: User "test:view" cannot delete resource "workpools" in API group "capstan.dev" in the namespace "default"',
    )
  })
})

describe('reviews', () => {
  const ACCESS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  test.each<readonly [Role, string, string, string, boolean]>([
    ['view', 'list', 'capstan.dev', 'runs', true],
    ['view', 'create', 'capstan.dev', 'runs', false],
    ['edit', 'create', 'capstan.dev', 'runs', true],
    ['edit', 'create', '', 'namespaces', false],
    ['edit', '*', '*', '*', false],
    ['admin', '*', '*', '*', true],
    ['admin', '*', '', '*', true],
    ['admin', 'list', '', '*', true],
    ['admin', '*', 'capstan.dev', 'runs', true],
    ['admin', 'create', '', 'namespaces', true],
    ['admin', 'get', '', 'pods', true],
    ['admin', 'get', '', 'pods/log', true],
    ['admin', 'update', 'capstan.dev', 'workpools/status', true],
    // What the API does not serve nobody may do.
    ['admin', 'create', '', 'pods', false],
    ['admin', '*', '', 'pods', false],
    ['admin', 'create', '', 'pods/exec', false],
    ['admin', 'get', '', 'nodes', false],
    ['admin', 'create', 'apps', 'deployments', false],
    ['admin', 'delete', 'capstan.dev', 'workpools/status', false],
    ['admin', 'update', 'capstan.dev', 'runs/scale', false],
    ['admin', 'patch', '', 'events', false],
    ['admin', 'use', '', '*', false],
  ])('%s may %s %s/%s: %j', async (...row) => {
    const [role, verb, group, name, allowed] = row
    const [resource, subresource] = name.split('/')
    const resourceAttributes = { verb, group, resource, subresource, namespace: 'default' }
    const body = { spec: { resourceAttributes } }
    const reply = await world.send('POST', ACCESS, { body, role })
    expect(reply.status).toBe(201)
    expect(reply.body).toMatchObject({ kind: 'SelfSubjectAccessReview', status: { allowed } })
  })

  test('a no says whether it is the role or the API', async () => {
    const reasonOf = async (verb: string, group: string, resource: string): Promise<string> => {
      const body = { spec: { resourceAttributes: { verb, group, resource } } }
      return (await world.send('POST', ACCESS, { body, role: 'view' })).body.status.reason
    }
    expect(await reasonOf('create', '', 'pods')).toBe(
      'of pods this API serves get, list, watch alone',
    )
    expect(await reasonOf('get', '', 'nodes')).toBe('this API serves no nodes')
    expect(await reasonOf('create', 'capstan.dev', 'runs')).toBe(
      'the role view does not include it',
    )
  })

  test('as protobuf', async () => {
    const attributes = new MessageWriter()
      .text(1, 'default')
      .text(2, 'delete')
      .text(3, 'capstan.dev')
      .text(5, 'runs')
    const review = new MessageWriter().message(2, new MessageWriter().message(1, attributes))
    const type = new MessageWriter()
      .text(1, 'authorization.k8s.io/v1')
      .text(2, 'SelfSubjectAccessReview')
    const unknown = new MessageWriter().message(1, type).message(2, review)
    const body = Buffer.concat([Buffer.from('k8s\0'), unknown.finish()])
    const reply = await world.send('POST', ACCESS, {
      body,
      type: 'application/vnd.kubernetes.protobuf',
      role: 'view',
    })
    expect(reply.body).toMatchObject({
      spec: { resourceAttributes: { verb: 'delete', resource: 'runs' } },
      status: { allowed: false },
    })
  })

  test('paths', async () => {
    const body = { spec: { nonResourceAttributes: { path: '/metrics', verb: 'get' } } }
    expect((await world.send('POST', ACCESS, { body, role: 'view' })).body.status.allowed).toBe(
      true,
    )
  })

  test('rules and identity', async () => {
    const rules = await world.send(
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
      {
        body: { spec: { namespace: 'default' } },
        role: 'edit',
      },
    )
    const verbsOf = (resource: string): readonly string[] =>
      rules.body.status.resourceRules
        .filter(({ resources }: { resources: readonly string[] }) => resources.includes(resource))
        .flatMap(({ verbs }: { verbs: readonly string[] }) => verbs)
    expect(verbsOf('runs')).toEqual([
      'create',
      'delete',
      'deletecollection',
      'get',
      'list',
      'patch',
      'update',
      'watch',
    ])
    expect(verbsOf('runs/status')).toEqual(['get'])
    expect(verbsOf('pods')).toEqual(['get', 'list', 'watch'])
    expect(verbsOf('namespaces')).toEqual(['get', 'list', 'watch'])
    expect(verbsOf('selfsubjectreviews')).toEqual(['create'])
    expect(verbsOf('*')).toEqual([])
    for (const version of ['v1', 'v1beta1']) {
      const path = `/apis/authentication.k8s.io/${version}/selfsubjectreviews`
      const reply = await world.send('POST', path, { body: {}, role: 'view' })
      expect(reply.body.status.userInfo.username).toBe('test:view')
    }
  })
})
