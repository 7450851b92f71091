import { describe, expect, test } from 'vitest'
import { parseAllowRule } from './address.ts'
import { type Admission, createGuard } from './guard.ts'

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  'hooks.example.com': ['93.184.216.34'],
  'two.example.com': ['93.184.216.34', '10.0.0.7'],
  'inside.example.com': ['10.0.0.7'],
  'metadata.example.com': ['169.254.169.254'],
  'task.example.com': ['169.254.170.2'],
  localhost: ['127.0.0.1', '::1'],
  'empty.example.com': [],
}

function admit(url: string, allow: readonly string[] = []): Promise<Admission> {
  const resolve = (host: string): Promise<readonly string[]> => {
    const found = HOSTS[host]
    return found ? Promise.resolve(found) : Promise.reject(new Error('ENOTFOUND'))
  }
  return createGuard({ allow: allow.map(parseAllowRule), resolve })(url)
}

describe('the guard', () => {
  test.each([
    ['https://hooks.example.com/x?y', [], 'Allowed', 'a public host'],
    ['http://hooks.example.com', [], 'Allowed', 'without TLS'],
    ['https://inside.example.com', [], 'Refused', 'a private address'],
    ['https://inside.example.com', ['inside.example.com'], 'Allowed', 'opened by name'],
    ['https://INSIDE.example.com.', ['inside.example.com'], 'Allowed', 'the same name'],
    ['https://inside.example.com', ['10.0.0.0/24'], 'Allowed', 'opened by network'],
    ['https://inside.example.com', ['other.example.com'], 'Refused', 'another name is opened'],
    ['https://two.example.com', [], 'Refused', 'one of two addresses is private'],
    ['https://localhost', [], 'Refused', 'this machine by name'],
    ['https://localhost', ['localhost'], 'Allowed', 'opened'],
    ['https://localhost', ['127.0.0.1'], 'Refused', 'only one of its addresses is opened'],
    ['http://127.0.0.1:8080', [], 'Refused', 'this machine'],
    ['http://127.0.0.1:8080', ['127.0.0.0/8'], 'Allowed', 'opened'],
    ['http://2130706433/', [], 'Refused', 'this machine as one number'],
    ['http://0x7f.1/', [], 'Refused', 'this machine in hexadecimal'],
    ['http://017700000001/', [], 'Refused', 'this machine in octal'],
    ['http://[::1]/', [], 'Refused', 'this machine in IPv6'],
    ['http://[::ffff:127.0.0.1]/', [], 'Refused', 'this machine, mapped'],
    ['http://169.254.169.254/latest', [], 'Refused', 'instance metadata'],
    ['http://169.254.170.2/v2', [], 'Refused', 'credentials of the task'],
    [
      'http://metadata.example.com',
      ['metadata.example.com'],
      'Refused',
      'a name opens no metadata',
    ],
    ['http://task.example.com', ['task.example.com'], 'Refused', 'nor credentials'],
    ['http://task.example.com', ['169.254.170.2'], 'Allowed', 'the network itself does'],
    ['https://unknown.example.com', [], 'Unresolved', 'nobody knows it'],
    ['https://empty.example.com', [], 'Unresolved', 'it has no address'],
    ['ftp://hooks.example.com', [], 'Refused', 'another scheme'],
    ['file:///etc/passwd', [], 'Refused', 'a file'],
    ['https://user:pass@hooks.example.com', [], 'Refused', 'a password in the address'],
    ['hooks', [], 'Refused', 'no URL'],
  ] as const)('%s with %j is %s: %s', async (url, allow, expected, _why) => {
    expect((await admit(url, allow)).type).toBe(expected)
  })

  test('pins the address that it checked', async () => {
    const answer = await admit('https://hooks.example.com:8443/x')
    expect(answer).toMatchObject({ target: { address: '93.184.216.34', family: 4 } })
  })

  test('says how to open a host, and nothing of the path', async () => {
    const answer = await admit('https://inside.example.com/services/T0/SECRET?token=SECRET')
    expect(answer).toEqual({
      type: 'Refused',
      why: 'inside.example.com (10.0.0.7) is not a public address; the controller calls it when it is started with --webhook-allow inside.example.com',
    })
  })
})
