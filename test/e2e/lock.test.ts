import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const LOCK_MODULE = join(import.meta.dirname, '../../dist/store/lock.js')

let dir = ''
const children: ChildProcess[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'capstan-lock-e2e-'))
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

/** A process that takes the directory, says how that went, and stays. */
async function contend(): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const program = `
    import { acquireDataDir } from ${JSON.stringify(LOCK_MODULE)}
    try {
      globalThis.lock = acquireDataDir(${JSON.stringify(dir)})
      console.log('acquired')
    } catch (error) {
      console.log(error.reason + ': ' + error.message)
    }
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, said: said.toString().trim() }
}

test('of two processes one gets the directory, and kill -9 sets it free', async () => {
  const first = await contend()
  expect(first.said).toBe('acquired')
  const second = await contend()
  expect(second.said).toContain('Locked: ')
  expect(second.said).toContain(`pid ${first.child.pid} on `)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  expect((await contend()).said).toBe('acquired')
})
