import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type ApiWorld,
  createApiWorld,
  POOLS,
  poolBody,
  RUNS,
  runBody,
} from '../../../test/world/api.ts'

let world: ApiWorld
beforeEach(() => {
  world = createApiWorld()
})
afterEach(() => world.close())

async function page(): Promise<string> {
  const { body } = await world.send('GET', '/status', { role: 'view' })
  return String(body)
}

test('shows what kubectl shows, and nothing that anybody wrote is markup', async () => {
  const { store, clock } = world
  await world.send('POST', POOLS, { body: poolBody('etl', { spec: { concurrencyLimit: 7 } }) })
  await world.send('POST', RUNS, { body: runBody('hello') })
  const run = { kind: 'Run', namespace: 'default', name: 'hello' } as const
  const uid = store.objects.uidOf(run) ?? ''
  store.transaction(() => {
    store.objects.setStatus(run, uid, {
      state: { type: 'PENDING', name: 'Pending' },
      whyPending: 'Waits for <b>"A"</b> & \'B\'.',
    })
    store.sources.put({
      id: '/manifests',
      revision: 'abc',
      appliedAtMs: clock.nowMs() - 60_000,
      rootIdentity: '1:2',
      held: { message: '3 objects of 3 would be deleted at once' },
    })
    store.history.put({
      uid: 'uid-gone',
      namespace: 'default',
      name: 'gone',
      stateType: 'FAILED',
      stateName: 'TimedOut',
      message: 'Too slow.',
      attempts: 1,
      createdAtMs: 1,
      finishedAtMs: clock.nowMs() - 120_000,
    })
    store.events.record(
      { regarding: { ...run, uid }, type: 'Warning', reason: 'LogsMissing', message: 'No <logs>.' },
      clock.nowMs(),
    )
    store.events.record(
      { regarding: { ...run, uid }, type: 'Normal', reason: 'Pending', message: 'Ordinary.' },
      clock.nowMs(),
    )
  })
  const text = await page()
  expect(text).toContain('<h1>Capstan 1.2.3, controller ')
  expect(text).toContain('<td>sources</td><td>failed</td><td>not read yet</td>')
  expect(text).toContain(
    '<td>/manifests</td><td>abc</td><td>0</td><td>60s ago</td><td>3 objects of 3 would be deleted at once</td>',
  )
  expect(text).toContain('<td>default</td><td>etl</td><td>7</td>')
  expect(text).toContain('Waits for &lt;b&gt;&quot;A&quot;&lt;/b&gt; &amp; &#39;B&#39;.')
  expect(text).toContain(
    '<td>gone</td><td>TimedOut</td><td></td><td></td><td>2m ago</td><td>Too slow.</td>',
  )
  expect(text).toContain(
    '<td>Run/hello</td><td>LogsMissing</td><td>0s ago</td><td>No &lt;logs&gt;.</td>',
  )
  expect(text).not.toContain('Ordinary.')
})

test('says where there is more than it shows', async () => {
  for (let index = 0; index < 101; index++) {
    await world.send('POST', RUNS, { body: runBody(`run-${index}`) })
  }
  const text = await page()
  expect(text).toContain('<h2>Runs that are not over (100 of 101)</h2>')
  expect(text.match(/<td>run-\d+<\/td>/g)).toHaveLength(100)
})

test('runs no script, loads nothing, and cannot be framed', async () => {
  const { status, headers } = await world.send('GET', '/status')
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(headers['content-security-policy']).toContain("default-src 'none'")
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect((await world.send('POST', '/status')).status).toBe(405)
})
