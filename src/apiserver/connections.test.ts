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

async function open(): Promise<void> {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const client = connect({ host: '127.0.0.1', port }).on('error', () => {})
  client.resume()
  clients.push(client)
  await vi.waitFor(() => expect(accepted).toHaveLength(clients.length))
}

const openOnes = (): readonly number[] =>
  clients.flatMap((client, index) => (client.destroyed || client.readableEnded ? [] : [index]))

test('the oldest that has proven nothing goes first', async () => {
  for (let index = 0; index < 3; index++) await open()
  connections.prove(accepted[0] as Socket)
  await open()
  await vi.waitFor(() => expect(openOnes()).toEqual([0, 2, 3]))
  await open()
  await vi.waitFor(() => expect(openOnes()).toEqual([0, 3, 4]))
  expect(connections.count).toBe(3)
})

test('where all have proven who they are the newcomer goes', async () => {
  for (let index = 0; index < 3; index++) {
    await open()
    connections.prove(accepted[index] as Socket)
  }
  await open()
  await vi.waitFor(() => expect(openOnes()).toEqual([0, 1, 2]))
})

test('those that have ended are not counted', async () => {
  for (let index = 0; index < 3; index++) await open()
  clients[1]?.destroy()
  await vi.waitFor(() => expect(connections.count).toBe(2))
  await open()
  expect(openOnes()).toEqual([0, 2, 3])
})
