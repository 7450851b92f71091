import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { openWebhooks } from './webhooks.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'capstan-secrets-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

function open(check: () => void = () => {}) {
  const options = { webhookAllow: [], webhookSecrets: join(directory, 'secrets') }
  return openWebhooks(
    { ...options, webhookSecrets: directory },
    { clock: new FakeClock(), fence: { check } },
  )
}

test('a secret is the text of a file, as it is now', async () => {
  writeFileSync(join(directory, 'slack'), 'https://hooks.example.com/x\n')
  const { readSecret } = open()
  expect(await readSecret('slack')).toBe('https://hooks.example.com/x')
  writeFileSync(join(directory, 'slack'), 'other')
  expect(await readSecret('slack')).toBe('other')
})

test.each(['missing', '../outside', '/etc/hostname', '.hidden', 'a/b', '', 'empty'])(
  'there is no secret %j',
  async (name) => {
    writeFileSync(join(directory, '.hidden'), 'x')
    writeFileSync(join(directory, 'empty'), '\n')
    expect(await open().readSecret(name)).toBeUndefined()
  },
)

test('a controller that lost its database to another one sends nothing', () => {
  const { sender } = open(() => {
    throw new Error('fenced')
  })
  const request = { url: 'https://example.com', method: 'POST', headers: {}, body: '{}' }
  expect(() => sender.send(request, new AbortController().signal)).toThrow('fenced')
})
