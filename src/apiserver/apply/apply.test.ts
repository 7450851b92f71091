import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { type ApplyResult, applyConfig } from './apply.ts'
import { NO_FIELDS, parseFieldsV1, renderPaths } from './field-set.ts'
import {
  firstManagers,
  type Manager,
  type ManagerId,
  renderManagedFields,
  trackUpdate,
} from './managed-fields.ts'
import { mergeValues, rootFieldsOf } from './typed-value.ts'

const TIME = '2026-01-01T00:00:00Z'
const applier = (name: string): ManagerId => ({ name, operation: 'Apply', subresource: '' })
const updater = (name: string): ManagerId => ({ name, operation: 'Update', subresource: '' })

interface State {
  readonly live: Json
  readonly managers: readonly Manager[]
}
const NOTHING: State = { live: {}, managers: [] }

function apply(state: State, name: string, config: Json, force = false): ApplyResult {
  return applyConfig({ ...state, config, id: applier(name), force, time: TIME })
}

function applied(state: State, name: string, config: Json, force = false): State {
  const result = apply(state, name, config, force)
  if (result.type === 'Conflict') throw new Error(JSON.stringify(result.conflicts))
  return { live: result.value, managers: result.managers }
}

function updated({ live, managers }: State, name: string, after: Json): State {
  const change = { before: live, after, time: TIME }
  return { live: after, managers: trackUpdate(managers, updater(name), change) }
}

function ownedBy({ managers }: State): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(managers.map(({ name, fields }) => [name, renderPaths(fields)]))
}

describe('apply', () => {
  test('takes away what its manager leaves out', () => {
    const first = applied(NOTHING, 'a', { spec: { x: 1, env: { A: '1', B: '2' } } })
    const second = applied(first, 'a', { spec: { env: { A: '1' } } })
    expect(second.live).toEqual({ spec: { env: { A: '1' } } })
    expect(ownedBy(second)).toEqual({ a: ['.spec.env.A'] })
  })

  test('but not what somebody else has too', () => {
    const first = applied(NOTHING, 'a', { spec: { x: 1, y: 1 } })
    const shared = applied(first, 'b', { spec: { x: 1 } })
    expect(applied(shared, 'a', { spec: { y: 1 } }).live).toEqual({ spec: { x: 1, y: 1 } })
  })

  test('an empty map is a field and erases nothing', () => {
    const first = applied(NOTHING, 'a', { spec: { env: { A: '1' } } })
    const second = applied(first, 'b', { spec: { env: {} } })
    expect(second.live).toEqual({ spec: { env: { A: '1' } } })
    expect(ownedBy(second)).toEqual({ a: ['.spec.env.A'], b: ['.spec.env'] })
  })

  test('a map goes with its last member, unless it is held', () => {
    const first = applied(NOTHING, 'a', { spec: { x: 1, env: { A: '1' } } })
    expect(applied(first, 'a', { spec: { x: 1 } }).live).toEqual({ spec: { x: 1 } })
    const held = applied(first, 'b', { spec: { env: {} } })
    expect(applied(held, 'a', { spec: { x: 1 } }).live).toEqual({ spec: { x: 1, env: {} } })
  })

  test('null is a value', () => {
    const first = applied(NOTHING, 'a', { spec: { env: { A: null } } })
    expect(first.live).toEqual({ spec: { env: { A: null } } })
    expect(ownedBy(first)).toEqual({ a: ['.spec.env.A'] })
  })

  test('lists are one value; finalizers and owners are not', () => {
    const first = applied(NOTHING, 'a', {
      metadata: { finalizers: ['a/f'], ownerReferences: [{ uid: 'u1', name: 'x' }] },
      spec: { queues: [{ name: 'q' }] },
    })
    const second = applied(first, 'b', {
      metadata: { finalizers: ['b/f'], ownerReferences: [{ uid: 'u2', name: 'y' }] },
    })
    expect(second.live).toEqual({
      metadata: {
        finalizers: ['a/f', 'b/f'],
        ownerReferences: [
          { uid: 'u1', name: 'x' },
          { uid: 'u2', name: 'y' },
        ],
      },
      spec: { queues: [{ name: 'q' }] },
    })
    expect(ownedBy(second)['b']).toEqual([
      '.metadata.finalizers[="b/f"]',
      '.metadata.ownerReferences[uid="u2"]',
      '.metadata.ownerReferences[uid="u2"].uid',
      '.metadata.ownerReferences[uid="u2"].name',
    ])
    expect(apply(second, 'b', { spec: { queues: [] } }).type).toBe('Conflict')
  })
})

describe('conflicts', () => {
  const first = applied(NOTHING, 'a', { spec: { x: 1, y: 1 } })

  test('name the manager and the fields that would change', () => {
    const result = apply(first, 'b', { spec: { x: 2, y: 1 } })
    expect(result).toMatchObject({
      type: 'Conflict',
      conflicts: [{ manager: { name: 'a' }, paths: ['.spec.x'] }],
    })
  })

  test('force takes the fields over', () => {
    const taken = applied(first, 'b', { spec: { x: 2, y: 1 } }, true)
    expect(taken.live).toEqual({ spec: { x: 2, y: 1 } })
    expect(ownedBy(taken)).toEqual({ a: ['.spec.y'], b: ['.spec.x', '.spec.y'] })
  })

  test('agreed ones are none', () => {
    const agreed = rootFieldsOf({ spec: { x: 1 } })
    const input = { ...first, config: { spec: { x: 2 } }, id: applier('b'), time: TIME }
    expect(applyConfig({ ...input, force: false, agreed }).type).toBe('Applied')
    const both = { ...input, config: { spec: { x: 2, y: 2 } } }
    expect(applyConfig({ ...both, force: false, agreed })).toMatchObject({
      conflicts: [{ paths: ['.spec.y'] }],
    })
  })

  test('a plain write takes what it changes without asking', () => {
    const after = updated(first, 'edit', { spec: { x: 2, y: 1, z: 1 } })
    expect(ownedBy(after)).toEqual({ a: ['.spec.y'], edit: ['.spec.x', '.spec.z'] })
    expect(apply(after, 'a', { spec: { x: 1, y: 1 } }).type).toBe('Conflict')
  })
})

describe('managers', () => {
  test('what was there before the first apply belongs to somebody', () => {
    const managers = firstManagers({ spec: { x: 1 } }, TIME)
    expect(ownedBy({ live: {}, managers })).toEqual({ 'before-first-apply': ['.spec.x'] })
    expect(firstManagers({}, TIME)).toEqual([])
    expect(apply({ live: { spec: { x: 1 } }, managers }, 'a', { spec: { x: 2 } }).type).toBe(
      'Conflict',
    )
  })

  test('an apply that changes nothing keeps every time', () => {
    const first = applied(NOTHING, 'a', { spec: { x: 1 } })
    const again = applyConfig({
      ...first,
      config: { spec: { x: 1 } },
      id: applier('a'),
      force: false,
      time: '2027-01-01T00:00:00Z',
    })
    expect(again).toEqual({ type: 'Applied', value: first.live, managers: first.managers })
  })

  test('many old writers become one', () => {
    let state = NOTHING
    for (let index = 0; index < 15; index++) {
      const live = isJsonObject(state.live) ? state.live : {}
      state = updated(state, `w${index}`, { ...live, [`m${index}`]: 1 })
    }
    expect(state.managers).toHaveLength(10)
    expect(ownedBy(state)['ancient-changes']).toHaveLength(6)
  })
})

describe('FieldsV1', () => {
  test.each([
    { 'f:spec': { 'f:x': {}, 'f:env': { '.': {}, 'f:A': {} } } },
    { 'f:metadata': { 'f:finalizers': { 'v:"a/b"': {} } } },
    { 'f:metadata': { 'f:ownerReferences': { 'k:{"uid":"u"}': { '.': {}, 'f:name': {} } } } },
    { 'f:spec': { 'f:list': { 'i:0': {} } } },
    {},
  ])('%j is read and written', (fields) => {
    const set = parseFieldsV1(fields)
    const manager = { ...applier('a'), time: TIME, fields: set ?? NO_FIELDS }
    const entry = renderManagedFields([manager]).at(0)
    expect(entry?.['fieldsV1'] ?? {}).toEqual(fields)
  })

  test.each([{ spec: {} }, { 'f:spec': 1 }, { 'k:{': {} }, [], 'x', null])(
    '%j is none',
    (fields) => {
      expect(parseFieldsV1(fields)).toBeUndefined()
    },
  )
})

interface Step {
  readonly type: 'apply' | 'update'
  readonly manager: string
  readonly force: boolean
  readonly object: JsonObject
  readonly expect: {
    readonly conflicts?: readonly string[]
    readonly live?: Json
    readonly managers?: JsonObject
  }
}

/**
 * What the reference implementation (sigs.k8s.io/structured-merge-diff v4.7.0) answers to random
 * histories. Items of finalizers and ownerReferences may come in another order, and whether a map on
 * the way to an owned field is owned itself is left out of the comparison.
 */
const HISTORIES: readonly (readonly Step[])[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '__golden__/structured-merge-diff.json'), 'utf8'),
)

describe('agrees with the reference implementation', () => {
  test.each(HISTORIES.map((steps, index) => [index, steps] as const))('history %i', (_, steps) => {
    let state = NOTHING
    for (const step of steps) {
      if (step.type === 'update') state = updated(state, step.manager, step.object)
      else {
        const result = apply(state, step.manager, step.object, step.force)
        const conflicts =
          result.type === 'Conflict'
            ? result.conflicts.flatMap(({ manager, paths }) =>
                paths.map((path) => manager.name + path),
              )
            : undefined
        expect(conflicts?.toSorted()).toEqual(step.expect.conflicts)
        if (result.type === 'Applied') state = { live: result.value, managers: result.managers }
      }
      if (step.expect.conflicts) continue
      expect(comparable(state.live)).toEqual(comparable(step.expect.live ?? {}))
      const managers = renderManagedFields(state.managers)
      expect(
        Object.fromEntries(
          managers.map((entry) => [entry['manager'], leavesOf(entry['fieldsV1'])]),
        ),
      ).toEqual(step.expect.managers)
    }
  })
})

/** Without empty maps, and with associative lists in a fixed order. */
function comparable(value: Json): Json {
  if (Array.isArray(value)) {
    const items: readonly Json[] = value
    const isAtomic = items.every((item) => typeof item === 'string' && !item.startsWith('f'))
    return isAtomic ? items : items.map(canonicalJson).toSorted()
  }
  if (!isJsonObject(value)) return value
  const members = Object.entries(value)
    .map(([key, member]) => [key, comparable(member ?? null)] as const)
    .filter(([, member]) => !isJsonObject(member) || Object.keys(member).length > 0)
  return Object.fromEntries(members)
}

function leavesOf(fields: unknown): JsonObject {
  if (!isJsonObject(fields)) return {}
  const members = Object.entries(fields).filter(([element]) => element !== '.')
  return Object.fromEntries(members.map(([element, below]) => [element, leavesOf(below)]))
}

const value = fc.letrec<{ object: JsonObject; value: Json }>((tie) => ({
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>('1', '2', true, null),
    fc.array(fc.constantFrom<Json>('x', 'y'), { maxLength: 2 }),
    tie('object'),
  ),
})).object

describe('whatever is applied', () => {
  test('the object then holds all of it', () => {
    fc.assert(
      fc.property(value, value, (before, config) => {
        const state = updated(NOTHING, 'before', before)
        const after = applied(state, 'a', config, true)
        expect(mergeValues(after.live, config)).toEqual(after.live)
      }),
    )
  })

  test('a second time it changes nothing', () => {
    fc.assert(
      fc.property(value, value, (before, config) => {
        const once = applied(updated(NOTHING, 'before', before), 'a', config, true)
        const twice = apply(once, 'a', config)
        expect(twice).toEqual({ type: 'Applied', value: once.live, managers: once.managers })
      }),
    )
  })

  test('taking it all back leaves what others have', () => {
    fc.assert(
      fc.property(value, value, (first, second) => {
        const alone = applied(NOTHING, 'a', first)
        const both = applied(alone, 'b', second, true)
        const back = applied(both, 'b', {})
        const kept = Object.keys(ownedBy(back))
        expect(kept.every((name) => name === 'a')).toBe(true)
      }),
    )
  })
})
