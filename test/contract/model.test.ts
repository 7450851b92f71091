import * as ecs from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import { runTaskShape } from '../../src/emulator/ecs/run-task-shape.ts'
import { registerTaskDefinitionShape } from '../../src/emulator/ecs/task-definition-shape.ts'
import type { Shape } from '../../src/emulator/shape.ts'

/**
 * The SDK's compact form of a service model: a number for a plain type, a function for a reference,
 * a pair of schema and traits, or a tuple that begins with its kind.
 */
type Compact = number | (() => Compact) | readonly unknown[]

const PLAIN = new Map<number, Shape>([
  [0, 'string'],
  [1, 'number'],
  [2, 'boolean'],
])
const SIMPLE = 0
const LIST = 1
const MAP = 2
const STRUCTS: readonly number[] = [3, 4] // structure and union

/** The emulator's own form of an SDK schema. */
function toShape(schema: Compact): Shape {
  if (typeof schema === 'function') return toShape(schema())
  if (typeof schema === 'number') return listOrPlain(schema)
  if (typeof schema[1] !== 'string') return toShape(schema[0] as Compact)
  const [kind, , , , first, second] = schema as readonly [number, ...unknown[]]
  if (kind === SIMPLE) return toShape(first as Compact)
  if (kind === LIST) return { list: toShape(first as Compact) }
  if (kind === MAP) return { map: toShape(second as Compact) }
  expect(STRUCTS).toContain(kind)
  const members = (first as readonly string[]).map((name, index) => {
    return [name, toShape((second as readonly Compact[])[index] ?? -1)] as const
  })
  return { struct: Object.fromEntries(members) }
}

/** 64 and 128 mark lists and maps of plain types. */
function listOrPlain(schema: number): Shape {
  if (schema >= 128) return { map: listOrPlain(schema - 128) }
  if (schema >= 64) return { list: listOrPlain(schema - 64) }
  const plain = PLAIN.get(schema)
  if (plain === undefined) throw new Error(`unknown schema ${schema}`)
  return plain
}

test.each([
  ['RunTask', runTaskShape, ecs.RunTaskRequest$],
  ['RegisterTaskDefinition', registerTaskDefinitionShape, ecs.RegisterTaskDefinitionRequest$],
] as const)('%s is read with every member and type of the SDK’s model', (_name, shape, schema) => {
  expect(shape).toEqual(toShape(schema as unknown as Compact))
})
