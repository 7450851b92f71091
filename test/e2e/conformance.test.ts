import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenClient } from '../conformance/client.ts'
import { allClients } from '../conformance/clients.ts'

/** A bound on hangs: it takes a tenth of it on a machine with nothing else to do. */
const ENDS_WITHIN_MS = 180_000

/** `npm run conformance` prints the same as a table. */
const clients = allClients()

for (const { name, missing } of clients) {
  if (missing !== undefined) test.skip(`${name}: ${missing}`, () => {})
}

describe.each(clients.filter(({ missing }) => missing === undefined))('$name', (client) => {
  let open: OpenClient
  beforeAll(async () => {
    open = await client.open()
  })
  afterAll(() => open.close())

  test('is asked for enough', () => {
    expect(client.checks.length).toBeGreaterThan(client.name.startsWith('kubectl') ? 80 : 20)
  })

  // In order: a check builds on what those before it left.
  test.each(client.checks)('%s', (name) => open.check(name))
})

test('npm run conformance ends by itself, and leaves no client at work', async () => {
  const program = join(import.meta.dirname, '../conformance/main.ts')
  // The client whose watches start again by themselves.
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'client-node 2'], {
    timeout: ENDS_WITHIN_MS,
  })
  expect(stdout).toMatch(/client-node 2\S+ +\d+ passed {2}0 failed\n$/)
})
