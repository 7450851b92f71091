import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Connections } from './connections.ts'

let server: Server
let connections: Connections
let accepted: Socket[]
let clients: Socket[]

beforeEach(async () => {
  connections = new Connections(3)
  accepted = []
  clients = []
  server = createServer((socket) => {
    accepted.push(socket)
    connections.add(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  for (const client of clients) client.destroy()
  await new Promise((resolve) => server.close(resolve))
})

/** What the kernel and the event loop bring about by themselves; a bound on hangs, not on speed. */
function soon(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 30_000, interval: 5 })
}

async function open(): Promise<void> {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const client = connect({ host: '127.0.0.1', port }).on('error', () => {})
  client.resume()
  clients.push(client)
  await soon(() => expect(accepted).toHaveLength(clients.length))
}

const openOnes = (): readonly number[] =>
  clients.flatMap((client, index) => (client.destroyed || client.readableEnded ? [] : [index]))

test('the oldest that has proven nothing goes first', async () => {
  for (let index = 0; index < 3; index++) await open()
  connections.prove(accepted[0] as Socket)
  await open()
  await soon(() => expect(openOnes()).toEqual([0, 2, 3]))
  await open()
  await soon(() => expect(openOnes()).toEqual([0, 3, 4]))
  expect(connections.count).toBe(3)
})

test('where all have proven who they are the newcomer goes', async () => {
  for (let index = 0; index < 3; index++) {
    await open()
    connections.prove(accepted[index] as Socket)
  }
  await open()
  await soon(() => expect(openOnes()).toEqual([0, 1, 2]))
})

test('those that have ended are not counted', async () => {
  for (let index = 0; index < 3; index++) await open()
  clients[1]?.destroy()
  await soon(() => expect(connections.count).toBe(2))
  await open()
  expect(openOnes()).toEqual([0, 2, 3])
})
