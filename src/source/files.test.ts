import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { errorCode } from '../lib/errors.ts'
import { statKey, systemFiles } from './files.ts'

let base: string

beforeEach(() => {
  base = mkdtempSync(join(realpathSync(tmpdir()), 'capstan-files-'))
})

afterEach(() => {
  rmSync(base, { recursive: true, force: true })
})

function at(name: string): string {
  return join(base, name)
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return errorCode(error)
  }
}

test('reading gives the bytes and the stat after them', () => {
  writeFileSync(at('a.yaml'), 'héllo\n')
  const { bytes, stat } = systemFiles.read(at('a.yaml'), 100)
  expect(Buffer.from(bytes).toString()).toBe('héllo\n')
  expect(statKey(stat)).toBe(statKey(systemFiles.lstat(at('a.yaml'))))
})

test('reading stops at the limit', () => {
  writeFileSync(at('a.yaml'), 'x'.repeat(50))
  expect(systemFiles.read(at('a.yaml'), 10).bytes.length).toBe(10)
})

test('reading never follows a link', () => {
  writeFileSync(at('a.yaml'), 'x')
  symlinkSync('a.yaml', at('link.yaml'))
  expect(codeOf(() => systemFiles.read(at('link.yaml'), 10))).toBe('ELOOP')
})

test('reading refuses a path with a link in the middle', () => {
  mkdirSync(at('outside'))
  writeFileSync(at('outside/a.yaml'), 'secret')
  symlinkSync('outside', at('inside'))
  expect(codeOf(() => systemFiles.read(at('inside/a.yaml'), 10))).toBe('ESCAPED')
})

test('reading a FIFO that nobody writes to comes back at once', () => {
  execFileSync('sh', ['-c', 'mkfifo "$0"', at('fifo.yaml')])
  const { bytes, stat } = systemFiles.read(at('fifo.yaml'), 10)
  expect(bytes.length).toBe(0)
  expect(stat.type).toBe('Other')
})

test('a directory of more than one batch is listed whole', () => {
  for (let index = 0; index < 2_500; index += 1) writeFileSync(at(`f${index}.yaml`), '')
  const batches = [...systemFiles.list(base)]
  expect(batches.length).toBeGreaterThan(1)
  expect(new Set(batches.flat().map(({ name }) => name)).size).toBe(2_500)
})

test('the stat key changes with every write, also one that hides its time', () => {
  writeFileSync(at('a.yaml'), 'one')
  utimesSync(at('a.yaml'), 1, 1)
  const before = systemFiles.lstat(at('a.yaml'))
  writeFileSync(at('a.yaml'), 'two')
  utimesSync(at('a.yaml'), 1, 1)
  const after = systemFiles.lstat(at('a.yaml'))
  expect(after.modifiedNs).toBe(before.modifiedNs)
  expect(statKey(after)).not.toBe(statKey(before))
})

test('what is no error of the file system has no code', () => {
  expect(errorCode(new Error('x'))).toBeUndefined()
  expect(errorCode('ENOENT')).toBeUndefined()
})
