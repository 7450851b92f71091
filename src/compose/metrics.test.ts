import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { World } from '../../test/world/world.ts'
import { ANONYMOUS } from '../apiserver/request.ts'
import { createMetrics } from './metrics.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8')

async function metricsOf(world: World): Promise<string> {
  const metrics = createMetrics({
    store: world.store,
    assembly: world.assembly,
    aws: { metrics: () => ({ '1/us-east-1': [] }) } as never,
    version: '1.2.3',
    agesMs: () => ({ intake: 1_500, sources: undefined }),
  })
  metrics.onAnswer('GET', 200)
  metrics.onAnswer('BREW', 418)
  world.addRun('hello', { template: { image: 'busybox', heartbeat: { frequencySeconds: 30 } } })
  await world.clock.advance(120_000)
  const answer = await metrics.route.handle({
    method: 'GET',
    path: '/metrics',
    query: new URLSearchParams(),
    headers: {},
    body: new Uint8Array(),
    user: ANONYMOUS,
  })
  return String(answer?.body)
}

test('tell what the controller did, in the words of the page', async () => {
  const world = new World({ behave: () => ({ runMs: 30_000, exitCode: 3, beatsAtMs: [0] }) })
  await world.start()
  const text = await metricsOf(world)
  for (const line of [
    'capstan_info{version="1.2.3"} 1',
    'capstan_part_age_seconds{part="intake"} 1.5',
    'capstan_api_requests_total{method="GET",code="200"} 1',
    'capstan_api_requests_total{method="other",code="418"} 1',
    'capstan_launches_total 1',
    'capstan_attempts_ended_total{class="ExitNonZero"} 1',
    'capstan_heartbeats_total{answer="Accepted"} 1',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
  expect(text).not.toContain('part="sources"')
  const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
    ([, name, type]) => `| \`${name}\` | ${type} |`,
  )
  expect(names.length).toBeGreaterThan(15)
  expect(names.filter((row) => !PAGE.includes(row))).toEqual([])
  await world.stop()
})
