import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openTestStore } from '../../test/world/test-store.ts'
import type { DefinitionRow } from './definitions.ts'
import type { SqliteStore } from './open.ts'

const ACCOUNT = 'us-east-1'
const REVISIONS = [1, 2, 3] as const
const HASHES = ['h1', 'h2'] as const

interface Step {
  readonly write: 'put' | 'remove'
  readonly row: Pick<DefinitionRow, 'revision' | 'hash' | 'status'>
  readonly undone: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  write: fc.constantFrom('put', 'put', 'remove'),
  row: fc.record({
    revision: fc.constantFrom(...REVISIONS),
    hash: fc.constantFrom(...HASHES),
    status: fc.constantFrom('ACTIVE', 'INACTIVE'),
  }),
  undone: fc.boolean(),
})

class Undo extends Error {}

function arnOf(revision: number): string {
  return `arn:task-definition/hello:${revision}`
}

function take({ definitions }: SqliteStore, { write, row, undone }: Step): void {
  const taskDefinitionArn = arnOf(row.revision)
  if (write === 'remove') definitions.remove(taskDefinitionArn)
  else {
    definitions.put({
      account: ACCOUNT,
      family: 'hello',
      taskDefinitionArn,
      registeredAtMs: 0,
      lastUsedAtMs: 0,
      autoDeregister: false,
      ...row,
    })
  }
  check(definitions)
  if (undone) throw new Undo()
}

/** `ofFamily` always reads the table. */
function check(definitions: SqliteStore['definitions']): void {
  const rows = definitions.ofFamily(ACCOUNT, 'hello').toReversed()
  for (const hash of HASHES) {
    const same = rows.filter((row) => row.hash === hash)
    const wanted = same.find(({ status }) => status === 'ACTIVE') ?? same[0]
    expect(definitions.byHash(ACCOUNT, 'hello', hash)).toEqual(wanted)
  }
  for (const revision of REVISIONS) {
    expect(definitions.byArn(arnOf(revision))).toEqual(
      rows.find((row) => row.revision === revision),
    )
  }
}

test('what is remembered is what is in the table, whatever is written and undone', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const store = openTestStore()
      for (const one of steps) {
        try {
          store.transaction(() => take(store, one))
        } catch (error) {
          if (!(error instanceof Undo)) throw error
        }
        check(store.definitions)
      }
      store.close()
    }),
    { numRuns: 50 },
  )
})
