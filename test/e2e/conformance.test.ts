import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenClient } from '../conformance/client.ts'
import { allClients } from '../conformance/clients.ts'

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
