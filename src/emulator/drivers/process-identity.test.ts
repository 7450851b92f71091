import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { findByArgument, identify, isAlive, parseIdentity } from './process-identity.ts'

test('a process is known by its number and its start', async () => {
  const child = spawn('/bin/sh', ['-c', 'read -r _', 'argument-of-this-test'])
  const identity = identify(child.pid ?? 0)
  if (!identity) throw new Error('the process is not found')
  expect(isAlive(identity)).toBe(true)
  expect(isAlive({ ...identity, startedAt: `${identity.startedAt}0` })).toBe(false)
  if (process.platform === 'linux') {
    expect(findByArgument('argument-of-this-test')).toEqual(identity)
  }
  child.stdin.end()
  await once(child, 'exit')
  expect(isAlive(identity)).toBe(false)
  expect(findByArgument('argument-of-this-test')).toBeUndefined()
})

test.runIf(process.platform === 'linux')('the program’s name may hold anything', () => {
  const fields = Array.from({ length: 30 }, (_, index) => `${index}`)
  const line = `77 (a) b ( c)) S ${fields.slice(1).join(' ')}`
  expect(parseIdentity(line)).toEqual({ pid: 77, startedAt: '19' })
  expect(parseIdentity(line.replace(' S ', ' Z '))).toBeUndefined()
})

test.each(['', 'x', '0', '1', '-5'])('%j names no process', (text) => {
  expect(parseIdentity(text)).toBeUndefined()
})
