import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { systemClock } from '../lib/clock.ts'
import { clientConfig } from './client-config.ts'
import { resolveCredentials } from './preflight.ts'

interface Received {
  readonly request: IncomingMessage
  readonly body: string
}

let server: Server
let url: string
let received: Received[]
let folder: string
let environment: NodeJS.ProcessEnv

/** What the SDK's chain must not find on the machine that runs the tests. */
const ISOLATED = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
  AWS_REGION: undefined,
  AWS_DEFAULT_REGION: undefined,
  AWS_ENDPOINT_URL: undefined,
  AWS_WEB_IDENTITY_TOKEN_FILE: undefined,
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: undefined,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: undefined,
} as const

const ASSUMED = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`

function setEnvironment(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

beforeEach(async () => {
  received = []
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      received.push({ request, body })
      const isSts = body.includes('Action=AssumeRole')
      response.setHeader('content-type', isSts ? 'text/xml' : 'application/x-amz-json-1.1')
      response.end(isSts ? ASSUMED : '{"taskArns":[]}')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  folder = mkdtempSync(join(tmpdir(), 'capstan-aws-'))
  writeFileSync(
    join(folder, 'credentials'),
    '[other]\naws_access_key_id = OTHER\naws_secret_access_key = s\n',
  )
  environment = { ...process.env }
  setEnvironment({
    ...ISOLATED,
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_CONFIG_FILE: join(folder, 'config'),
  })
})

afterEach(() => {
  setEnvironment({
    ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])),
    ...environment,
  })
  rmSync(folder, { recursive: true })
  server.closeAllConnections()
  server.close()
})

const KEYS = { accessKeyId: 'a', secretAccessKey: 'b' }

test('requests say who makes them, once', async () => {
  const client = new ECSClient(
    clientConfig({ region: 'eu-west-1', endpoint: url, credentials: KEYS, version: '1.2.3' }),
  )
  await client.send(new ListTasksCommand({}))
  client.destroy()
  expect(received).toHaveLength(1)
  expect(received[0]?.request.headers['user-agent']).toContain('capstan/1.2.3')
  expect(received[0]?.request.headers.authorization).toContain('Credential=a/')
})

test('standard retries, three attempts', async () => {
  const client = new ECSClient(clientConfig({ region: 'eu-west-1', credentials: KEYS }))
  expect(await client.config.maxAttempts()).toBe(3)
  expect(client.config.retryMode).toBe('standard')
  client.destroy()
})

test('a profile', async () => {
  const client = new ECSClient(clientConfig({ region: 'eu-west-1', profile: 'other' }))
  expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'OTHER' })
  client.destroy()
})

test('an assumed role, from a profile', async () => {
  setEnvironment({ AWS_ENDPOINT_URL_STS: url })
  const assumeRole = { roleArn: 'arn:aws:iam::1:role/r', externalId: 'x', durationSeconds: 900 }
  const client = new ECSClient(clientConfig({ region: 'eu-west-1', profile: 'other', assumeRole }))
  expect(await client.config.credentials()).toMatchObject({
    accessKeyId: 'ASSUMED',
    sessionToken: 't',
  })
  client.destroy()
  const body = new URLSearchParams(received[0]?.body)
  expect(Object.fromEntries(body)).toMatchObject({
    RoleArn: 'arn:aws:iam::1:role/r',
    ExternalId: 'x',
    DurationSeconds: '900',
    RoleSessionName: 'capstan',
  })
})

test('at the start: credentials and region', async () => {
  setEnvironment({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'eu-north-1' })
  expect(await resolveCredentials({}, new FakeClock())).toEqual({ ok: true, region: 'eu-north-1' })
  expect(await resolveCredentials({ region: 'eu-west-1' }, new FakeClock())).toEqual({
    ok: true,
    region: 'eu-west-1',
  })
})

test('at the start: credentials without a region', async () => {
  setEnvironment({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' })
  const preflight = await resolveCredentials({}, new FakeClock())
  expect(preflight).toMatchObject({ ok: false, missing: 'Region' })
  expect(preflight).toHaveProperty('message', expect.stringContaining('set AWS_REGION'))
})

test('at the start: nothing at all says every way out', async () => {
  const preflight = await resolveCredentials({}, systemClock)
  expect(preflight).toMatchObject({ ok: false, missing: 'Credentials' })
  const message = 'message' in preflight ? preflight.message : ''
  expect(message).toContain('No AWS credentials were found')
  expect(message).toContain('--local')
  expect(message).toContain('AWS_ACCESS_KEY_ID')
})

test('at the start: a profile that does not exist is named', async () => {
  const preflight = await resolveCredentials({ profile: 'nope' }, systemClock)
  expect(preflight).toMatchObject({ ok: false, missing: 'Credentials' })
  expect('message' in preflight && preflight.message).toContain('for profile nope')
})
