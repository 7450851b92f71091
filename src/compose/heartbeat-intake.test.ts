import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { openTestStore } from '../../test/world/test-store.ts'
import type { UpOptions } from '../config.ts'
import { HeartbeatMonitor } from '../controllers/heartbeat/monitor.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import { openHeartbeatFile } from './heartbeat-file.ts'
import { openHeartbeatIntake } from './heartbeat-intake.ts'

let dataDir: string
let started: Part[]

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'capstan-intake-'))
  started = []
})

afterEach(async () => {
  for (const part of started.toReversed()) await part.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function start(options: Partial<UpOptions>) {
  const deps = { clock: systemClock, random: seededRandom(1), log: silentLog }
  const intake = openHeartbeatIntake({ dataDir, local: false, ...options } as UpOptions, deps)
  const monitor = new HeartbeatMonitor({
    store: openTestStore(),
    clock: systemClock,
    url: intake.settings.url,
    wake: () => {},
  })
  for (const part of intake.parts([], monitor)) {
    started.push(part)
    await part.start(new AbortController().signal, () => {})
  }
  return { intake, monitor, url: intake.settings.url() }
}

describe('the address that tasks are told', () => {
  test.each<[string, Partial<UpOptions>, RegExp | undefined]>([
    ['local', { local: true }, /^http:\/\/127\.0\.0\.1:\d+$/],
    ['local, without a listener', { local: true, heartbeatListen: 'none' }, undefined],
    ['AWS', {}, undefined],
    ['AWS, on loopback', { heartbeatListen: { host: '127.0.0.1', port: 0 } }, undefined],
    ['AWS, on every address', { heartbeatListen: { host: '0.0.0.0', port: 0 } }, undefined],
    [
      'AWS, behind a balancer',
      { heartbeatListen: { host: '0.0.0.0', port: 0 }, heartbeatUrl: 'https://capstan.test/x' },
      /^https:\/\/capstan\.test\/x$/,
    ],
    [
      'local, on every address',
      { local: true, heartbeatListen: { host: '0.0.0.0', port: 0 } },
      /^http:\/\/127\.0\.0\.1:\d+$/,
    ],
  ])('%s', async (_, options, expected) => {
    const { url } = await start(options)
    if (expected) expect(url).toMatch(expected)
    else expect(url).toBeUndefined()
  })
})

test('beats can come in once the listener has answered its own knock', async () => {
  const { monitor, intake } = await start({ local: true })
  expect(monitor.hearingForMs()).toBeGreaterThanOrEqual(0)
  expect(intake.staleMs()).toBeLessThan(5_000)
  for (const part of started.splice(0).toReversed()) await part.stop()
  expect(monitor.hearingForMs()).toBeUndefined()
})

test('without a listener nothing is heard', async () => {
  const { monitor, intake } = await start({})
  expect(monitor.hearingForMs()).toBeUndefined()
  expect(intake.staleMs()).toBeUndefined()
})

test('the port is the same next time, unless somebody else has it', async () => {
  const first = await start({ local: true })
  for (const part of started.splice(0).toReversed()) await part.stop()
  const second = await start({ local: true })
  expect(second.url).toBe(first.url)
  for (const part of started.splice(0).toReversed()) await part.stop()
  const port = Number(new URL(first.url ?? '').port)
  const squatter = createServer().listen(port, '127.0.0.1')
  await new Promise((resolve) => squatter.once('listening', resolve))
  const third = await start({ local: true })
  expect(third.url).not.toBe(first.url)
  squatter.close()
})

test('an address that was asked for must be had', async () => {
  const squatter = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => squatter.once('listening', resolve))
  const address = squatter.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await expect(start({ heartbeatListen: { host: '127.0.0.1', port } })).rejects.toThrow(
    'choose another --heartbeat-listen address',
  )
  squatter.close()
})

describe('the key', () => {
  test('is made once, for the owner alone, and survives the port', () => {
    const first = openHeartbeatFile(dataDir, seededRandom(1))
    expect(first.key).toHaveLength(32)
    expect(statSync(join(dataDir, 'heartbeat.json')).mode & 0o777).toBe(0o600)
    first.savePort(4321)
    const second = openHeartbeatFile(dataDir, seededRandom(2))
    expect(Buffer.from(second.key)).toEqual(Buffer.from(first.key))
    expect(second.port).toBe(4321)
  })

  test.each(['', '{}', '{"key":"short"}', 'not json'])('a damaged file (%s) is told', (text) => {
    const path = join(dataDir, 'heartbeat.json')
    writeFileSync(path, text)
    expect(() => openHeartbeatFile(dataDir, seededRandom(1))).toThrow(`${path} is damaged`)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})
