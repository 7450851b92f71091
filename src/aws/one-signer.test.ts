import { createServer, type Server } from 'node:http'
import { ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepSigner } from './one-signer.ts'

let server: Server
let url: string
let signedAs: (string | undefined)[]

beforeEach(async () => {
  signedAs = []
  server = createServer((request, response) => {
    signedAs.push(/Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1])
    response.setHeader('content-type', 'application/x-amz-json-1.1')
    response.end('{"taskArns":[]}')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** Each time that it is asked it gives other keys, which have expired by the next request. */
function shortLived() {
  let asked = 0
  return async () => {
    asked += 1
    return { accessKeyId: `KEY${asked}`, secretAccessKey: 's', expiration: new Date(0) }
  }
}

test('renewed credentials sign the next request', async () => {
  const client = new ECSClient({ region: 'eu-west-1', endpoint: url, credentials: shortLived() })
  keepSigner(client)
  for (let count = 0; count < 3; count += 1) await client.send(new ListTasksCommand({}))
  client.destroy()
  expect(signedAs).toHaveLength(3)
  expect(new Set(signedAs).size).toBe(3)
  expect(signedAs).not.toContain(undefined)
})

type Signer = Awaited<ReturnType<ECSClient['config']['signer']>>
type Scheme = NonNullable<Parameters<ECSClient['config']['signer']>[0]>

/** A client whose signers are counted; the first `failures` cannot be made. */
function counting(failures = 0) {
  let made = 0
  const config: { signer: ECSClient['config']['signer'] } = {
    signer: async () => {
      made += 1
      if (made <= failures) throw new Error('no region')
      return { sign: async (request: unknown) => request } as Signer
    },
  }
  keepSigner({ config })
  return { config, made: () => made }
}

function schemeOf(signingRegion: string): Scheme {
  return { name: 'sigv4', signingName: 'ecs', signingRegion, properties: {} }
}

test('one is made for each region', async () => {
  const { config, made } = counting()
  const first = await config.signer()
  expect(await config.signer()).toBe(first)
  const there = await config.signer(schemeOf('eu-west-1'))
  expect(await config.signer(schemeOf('eu-west-1'))).toBe(there)
  expect(await config.signer(schemeOf('us-east-1'))).not.toBe(there)
  expect(made()).toBe(3)
})

test('one that could not be made is made anew', async () => {
  const { config, made } = counting(1)
  await expect(config.signer()).rejects.toThrow('no region')
  await config.signer()
  await config.signer()
  expect(made()).toBe(2)
})
