import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSandbox, runText, type Sandbox } from './program.ts'

let sandbox: Sandbox

beforeEach(() => {
  sandbox = openSandbox()
  sandbox.write('manifests/good.yaml', runText('good', 'sleep 0.2'))
})

afterEach(() => sandbox.close())

/** A port that something else listens on, for as long as `use` takes. */
async function withTakenPort<T>(use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    return await use(typeof address === 'object' && address ? address.port : 0)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

test.each([
  ['up', ['manifests', '--local', '--once', '--listen', '127.0.0.1:PORT'], '--listen address'],
  [
    'up',
    ['manifests', '--local', '--once', '--heartbeat-listen', '127.0.0.1:PORT'],
    '--heartbeat-listen address',
  ],
  ['local', ['--port', 'PORT'], '--port'],
])('%s on a port that is taken says so in one line: %j', async (verb, words, flag) => {
  await withTakenPort(async (port) => {
    const given = words.map((word) => word.replace('PORT', String(port)))
    const { code, stderr } = await sandbox.run([verb, ...given])
    expect(stderr).toBe(
      `error: listen EADDRINUSE: address already in use 127.0.0.1:${port}: stop what uses it, or choose another ${flag}\n`,
    )
    expect(code).toBe(1)
  })
})

test('a fault plan is played, and one that is none is one line', async () => {
  const fault = { type: 'error', code: 'InvalidParameterException', message: 'Not today.' }
  const plan = JSON.stringify([{ operation: 'RunTask', fault }])
  const words = ['up', 'manifests', '--local', '--once', '--faults']
  const { code, stdout, stderr } = await sandbox.run([...words, plan])
  expect(stderr).toContain('the embedded endpoint injects faults')
  expect(stdout).toMatch(/\ngood +\w+ .*Not today\./)
  expect(code).toBe(1)
  expect(await sandbox.run([...words, '[{"operation":"RunTsk"}]'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'error: --faults: rules[0].operation is "RunTsk" and must be RunTask\n',
  })
})
