import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { someOf } from '../../test/world/effort.ts'
import { unifiedDiff } from './unified-diff.ts'

function diff(before: string, after: string): string {
  return unifiedDiff({ label: 'a', text: before }, { label: 'b', text: after })
}

test.each<[string, string, string, string]>([
  ['equal texts', 'x\n', 'x\n', ''],
  ['one changed line', 'a\nb\nc\n', 'a\nB\nc\n', '--- a\n+++ b\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n'],
  ['from nothing', '', 'a\nb\n', '--- a\n+++ b\n@@ -0,0 +1,2 @@\n+a\n+b\n'],
  ['to nothing', 'a\n', '', '--- a\n+++ b\n@@ -1 +0,0 @@\n-a\n'],
  [
    'distant changes are two hunks',
    '1\n2\n3\n4\n5\n6\n7\n8\n9\n',
    'x\n2\n3\n4\n5\n6\n7\n8\ny\n',
    '--- a\n+++ b\n@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+y\n',
  ],
])('%s', (_, before, after, expected) => {
  expect(diff(before, after)).toBe(expected)
})

const hasPatch = spawnSync('patch', ['--version']).status === 0

test.skipIf(!hasPatch)('patch(1) makes the second text of the first', () => {
  const directory = mkdtempSync(join(tmpdir(), 'capstan-diff-'))
  const file = join(directory, 'file')
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 30 })
  try {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const [from, to] = [`${before.join('\n')}\n`, `${after.join('\n')}\n`]
        fc.pre(from !== to)
        writeFileSync(file, from)
        const input = diff(from, to)
        const patched = spawnSync('patch', ['-s', '-o', '-', file], { input, encoding: 'utf8' })
        expect(patched.stdout).toBe(to)
      }),
      { numRuns: someOf(30) },
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
})
