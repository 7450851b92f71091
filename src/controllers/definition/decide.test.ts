import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NOON, SECOND } from '../../../test/world/builders.ts'
import type { DefinitionRow } from '../../store/definitions.ts'
import { type DefinitionWorld, decideDefinitions, type FamilyWorld, YOUNG_MS } from './decide.ts'

const OLD = NOON - 24 * 3600 * SECOND

function revision(number: number, different: Partial<DefinitionRow> = {}): DefinitionRow {
  return {
    account: 'us-east-1',
    family: 'hello',
    hash: `h${number}`,
    taskDefinitionArn: `arn:task-definition/hello:${number}`,
    revision: number,
    registeredAtMs: OLD,
    lastUsedAtMs: OLD,
    status: 'ACTIVE',
    autoDeregister: false,
    workPool: 'default/default',
    ...different,
  }
}

function family(different: Partial<FamilyWorld> = {}): FamilyWorld {
  return {
    family: 'hello',
    revisions: [1, 2, 3, 4, 5].map((number) => revision(number)),
    keepRevisions: 3,
    deleteInactive: false,
    ...different,
  }
}

function world(
  families: readonly FamilyWorld[],
  facts: {
    inUse?: readonly number[]
    named?: readonly number[]
    stubborn?: readonly number[]
  } = {},
): DefinitionWorld {
  const has =
    (numbers: readonly number[] = []) =>
    (row: DefinitionRow): boolean =>
      numbers.includes(row.revision)
  return {
    families,
    isInUse: has(facts.inUse),
    isNamed: has(facts.named),
    isStubborn: has(facts.stubborn),
  }
}

/** `-1`: deregister revision 1; `x1,2`: delete them; `in 60000`: look again; `nothing`. */
function planned(observed: DefinitionWorld): string {
  const { action, lookAgainInMs } = decideDefinitions(observed, NOON)
  if (action?.type === 'Deregister') return `-${action.row.revision}`
  if (action) return `x${action.rows.map((row) => row.revision).join()}`
  return lookAgainInMs === undefined ? 'nothing' : `in ${lookAgainInMs}`
}

const young = { registeredAtMs: NOON - 10 * SECOND }
const inactive = [1, 2].map((number) => revision(number, { status: 'INACTIVE' }))

describe('the next step', () => {
  test.each<[string, DefinitionWorld, string]>([
    ['an empty registry', world([]), 'nothing'],
    ['the oldest beyond the newest three goes first', world([family()]), '-1'],
    ['no more than are kept', world([family({ keepRevisions: 5 })]), 'nothing'],
    [
      'inactive ones do not take a place',
      world([family({ revisions: [...inactive, ...[3, 4, 5].map((n) => revision(n))] })]),
      'nothing',
    ],
    ['one in use stays, the next goes', world([family()], { inUse: [1] }), '-2'],
    ['one that is linked stays', world([family()], { named: [1, 2] }), 'nothing'],
    [
      "another controller's stays",
      world([family({ revisions: [0, 1].map((n) => foreign(n)), keepRevisions: 0 })]),
      'nothing',
    ],
    [
      'one that was just registered waits',
      world([family({ revisions: [revision(1, young)], keepRevisions: 0 })]),
      'in 50000',
    ],
    [
      'a clock that stepped back makes it late, not early',
      world([
        family({ revisions: [revision(1, { registeredAtMs: NOON + SECOND })], keepRevisions: 0 }),
      ]),
      `in ${YOUNG_MS}`,
    ],
    [
      'one that goes by itself takes no place',
      world([
        family({
          revisions: [revision(1), revision(2, { autoDeregister: true })],
          keepRevisions: 1,
        }),
      ]),
      '-2',
    ],
    ['nothing is kept when nobody wants it', world([family({ keepRevisions: 0 })]), '-1'],
    [
      'autoDeregister goes although it is the newest',
      world([family({ revisions: [revision(1, { autoDeregister: true })] })]),
      '-1',
    ],
    [
      'autoDeregister stays while it is used',
      world([family({ revisions: [revision(1, { autoDeregister: true })] })], { inUse: [1] }),
      'nothing',
    ],
    [
      'inactive ones are not deleted unless asked for',
      world([family({ revisions: inactive })]),
      'nothing',
    ],
    [
      'inactive ones are deleted together',
      world([family({ revisions: inactive, deleteInactive: true })]),
      'x1,2',
    ],
    [
      'deleting waits for the last task',
      world([family({ revisions: inactive, deleteInactive: true })], { inUse: [1] }),
      'x2',
    ],
    [
      'what ECS does not delete is left alone',
      world([family({ revisions: inactive, deleteInactive: true })], { stubborn: [2] }),
      'x1',
    ],
    [
      'at most ten at once',
      world([
        family({
          revisions: Array.from({ length: 12 }, (_, n) => revision(n, { status: 'INACTIVE' })),
          deleteInactive: true,
        }),
      ]),
      'x0,1,2,3,4,5,6,7,8,9',
    ],
    [
      'deleted ones are done',
      world([family({ revisions: [revision(1, { status: 'DELETED' })], deleteInactive: true })]),
      'nothing',
    ],
    [
      'deregistering comes before deleting',
      world([
        family({ revisions: [...inactive, revision(3)], keepRevisions: 0, deleteInactive: true }),
      ]),
      '-3',
    ],
  ])('%s', (_, observed, expected) => {
    expect(planned(observed)).toBe(expected)
  })
})

function foreign(number: number): DefinitionRow {
  const { workPool: _, ...row } = revision(number)
  return row
}

test('collecting ends, with the newest and everything that is used or linked still there', () => {
  const rows = fc.array(
    fc.record({
      autoDeregister: fc.boolean(),
      inUse: fc.boolean(),
      named: fc.boolean(),
      foreign: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(rows, fc.nat({ max: 4 }), (facts, keepRevisions) => {
      let revisions: readonly DefinitionRow[] = facts.map((fact, number) =>
        fact.foreign ? foreign(number) : revision(number, { autoDeregister: fact.autoDeregister }),
      )
      const observe = (): DefinitionWorld => ({
        families: [family({ revisions, keepRevisions })],
        isInUse: (row) => facts[row.revision]?.inUse === true,
        isNamed: (row) => facts[row.revision]?.named === true,
        isStubborn: () => false,
      })
      for (let steps = 0; ; steps += 1) {
        const { action } = decideDefinitions(observe(), NOON)
        if (!action) break
        expect(steps).toBeLessThan(facts.length)
        expect(action.type).toBe('Deregister')
        const gone = action.type === 'Deregister' ? action.row : undefined
        revisions = revisions.map((row) => (row === gone ? { ...row, status: 'INACTIVE' } : row))
      }
      const active = revisions.filter(({ status }) => status === 'ACTIVE')
      for (const [number, fact] of facts.entries()) {
        if (fact.inUse || fact.named || fact.foreign) {
          expect(active.map((row) => row.revision)).toContain(number)
        }
      }
      const newest = facts
        .flatMap((fact, number) => (fact.autoDeregister || fact.foreign ? [] : [number]))
        .slice(-keepRevisions)
      expect(active.map((row) => row.revision)).toEqual(
        expect.arrayContaining(keepRevisions === 0 ? [] : newest),
      )
    }),
  )
})
