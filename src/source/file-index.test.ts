import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReadFile } from './desired.ts'
import { FileIndex } from './file-index.ts'

const PROBLEM = { code: 'InvalidYaml', file: 'a.yaml', message: 'broken' } as const

function aFile(path: string): ReadFile {
  return { path, stat: 's', hash: 'h', objects: [], problems: [] }
}

test('files that a complete snapshot did not see are gone until it sees them again', () => {
  const index = new FileIndex()
  index.put('a.yaml', { stat: 's', hash: 'h', problems: [PROBLEM], open: aFile('a.yaml') })
  index.put('b.yaml', { stat: 's', hash: 'h', problems: [] })
  const both = index.digest
  expect([...index.compare(new Set(['a.yaml', 'b.yaml']))]).toEqual([])
  expect([...index.compare(new Set(['b.yaml', 'new.yaml']))]).toEqual(['a.yaml'])
  expect(index.openFiles()).toEqual([])
  expect(index.problems()).toEqual([])
  expect([...index.compare(new Set(['b.yaml']))]).toEqual(['a.yaml'])
  expect([...index.compare(new Set(['a.yaml', 'b.yaml']))]).toEqual([])
  expect(index.openFiles()).toEqual([aFile('a.yaml')])
  expect(index.problems()).toEqual([PROBLEM])
  expect(index.digest).toBe(both)
})

test('files without problems share one list, because there may be a hundred thousand of them', () => {
  const index = new FileIndex()
  for (const path of ['a.yaml', 'b.yaml']) index.put(path, { stat: 's', hash: 'h', problems: [] })
  expect(index.get('a.yaml')).toEqual({ stat: 's', hash: 'h', problems: [] })
  expect(index.get('a.yaml')?.problems).toBe(index.get('b.yaml')?.problems)
})

test('the digest depends on what is there alone, not on how it came', () => {
  const operation = fc.record({
    path: fc.constantFrom('a', 'b', 'c', 'd'),
    hash: fc.constantFrom('1', '2', '3'),
    type: fc.constantFrom('put', 'remove', 'gone', 'back'),
  })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
      const index = new FileIndex()
      const there = new Map<string, string>()
      const hidden = new Map<string, string>()
      for (const { path, hash, type } of operations) {
        if (type === 'put') {
          index.put(path, { stat: '', hash, problems: [] })
          there.set(path, hash)
          hidden.delete(path)
        } else if (type === 'remove') {
          index.remove(path)
          there.delete(path)
          hidden.delete(path)
        } else {
          const from = type === 'gone' ? there : hidden
          const to = type === 'gone' ? hidden : there
          const known = from.get(path)
          if (known === undefined) continue
          from.delete(path)
          to.set(path, known)
          index.compare(new Set(there.keys()))
        }
      }
      const fresh = new FileIndex()
      for (const [path, hash] of there) fresh.put(path, { stat: 'x', hash, problems: [] })
      expect(index.digest).toBe(fresh.digest)
    }),
  )
})
