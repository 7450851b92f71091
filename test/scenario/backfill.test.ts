import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HistoryRow } from '../../src/store/types.ts'
import { type CliWorld, startCliWorld } from '../world/cli.ts'

let world: CliWorld

beforeEach(async () => {
  world = await startCliWorld()
})

afterEach(async () => {
  await world.close()
})

const MANIFEST = `
apiVersion: capstan.dev/v1
kind: Deployment
metadata: {name: etl}
spec:
  schedules: [{cron: "0 0 * * *", parameters: {depth: full}}]
  template: {image: busybox}
`

async function apply(): Promise<void> {
  const applied = await world.run('apply -f -', { stdin: MANIFEST })
  expect(applied).toMatchObject({ exitCode: 0, stderr: '' })
}

function ended(name: string, finishedAtMs: number): void {
  const row: HistoryRow = {
    uid: `uid-${name}`,
    namespace: 'default',
    name,
    deployment: 'etl',
    workPool: 'default',
    stateType: 'FAILED',
    stateName: 'Failed',
    exitCode: 3,
    attempts: 2,
    createdAtMs: finishedAtMs,
    startedAtMs: finishedAtMs - 60_000,
    finishedAtMs,
  }
  world.store.transaction(() => world.store.history.put(row))
}

const SPAN = '--from 2026-01-01 --to 2026-01-03T00:00:00Z'

test('a dry run prints what would be created and creates nothing', async () => {
  await apply()
  const result = await world.run(`backfill etl ${SPAN} --dry-run`)
  expect(result).toEqual({
    exitCode: 0,
    stdout: [
      'run/etl-202601010000 created (dry run)\n',
      'run/etl-202601020000 created (dry run)\n',
      'run/etl-202601030000 created (dry run)\n',
    ].join(''),
    stderr: '3 of 3 runs would be created.\n',
  })
  expect(world.store.objects.count('Run')).toBe(0)
})

test('a backfill creates each time once and skips what has run', async () => {
  await apply()
  ended('etl-202601020000', Date.UTC(2026, 0, 2))
  const first = await world.run(`backfill deployment/etl ${SPAN}`)
  expect(first.stdout).toContain('run/etl-202601020000 skipped, it exists or has run\n')
  expect(first.stderr).toBe('2 of 3 runs created.\n')
  const second = await world.run(`backfill etl ${SPAN}`)
  expect(second.stderr).toBe('0 of 3 runs created.\n')
  const run = world.store.objects.get({
    kind: 'Run',
    namespace: 'default',
    name: 'etl-202601010000',
  })
  expect(run?.spec).toMatchObject({ deployment: 'etl', parameters: { depth: 'full' } })
  expect(run?.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', name: 'etl' }])
})

test.each([
  ['backfill etl', /--from is needed/],
  ['backfill etl --from soon', /2026-01-31/],
  ['backfill etl --from 2026-01-01 --to 2999-01-01', /future/],
  ['backfill etl --from 2026-02-01 --to 2026-01-01', /after --to/],
])('%s is refused', async (line, message) => {
  await apply()
  const result = await world.run(line)
  expect(result.exitCode).not.toBe(0)
  expect(result.stderr).toMatch(message)
})

test('get runs --history shows what has ended, also without objects', async () => {
  ended('etl-1', Date.now() - 3_600_000)
  ended('etl-2', Date.now() - 60_000)
  const result = await world.run('get runs --history')
  const lines = result.stdout.split('\n')
  expect(lines[0]).toMatch(/^NAME +STATE +EXIT +ATTEMPTS +POOL +DEPLOYMENT +ENDED +TOOK$/)
  expect(lines[1]).toMatch(/^etl-2 +Failed +3 +2 +default +etl +6\ds +60s$/)
  expect(lines[2]).toMatch(/^etl-1 /)
  expect((await world.run('get deployment/etl --history --limit 1 -o name')).stdout).toBe(
    'run/etl-2\n',
  )
  expect((await world.run('get pools --history')).exitCode).not.toBe(0)
})
