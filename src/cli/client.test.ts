import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createApiClient } from './client.ts'

test('a connection that breaks in the middle of an answer is told in one sentence', async () => {
  const server = createServer((_request, response) => {
    response.write('half', () => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const client = createApiClient({ type: 'Url', url }, () => {})
  const sentence = `the connection to the controller at ${url} broke: aborted`
  await expect(client.json({ path: '/x' })).rejects.toThrow(sentence)
  const read: string[] = []
  const reading = (async () => {
    for await (const chunk of await client.stream({ path: '/x' })) read.push(chunk.toString())
  })()
  await expect(reading).rejects.toThrow(sentence)
  expect(read).toEqual(['half'])
})
