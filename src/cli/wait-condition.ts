import { CliError, UsageError } from './errors.ts'
import { findValues, renderValue } from './jsonpath/evaluate.ts'
import { parsePath } from './jsonpath/parse.ts'
import type { Path } from './jsonpath/syntax.ts'
import { type ApiObject, listAt, numberAt, textAt } from './objects.ts'

/** What `wait --for` waits for. */
export type WaitCondition =
  | { readonly type: 'Delete' }
  | { readonly type: 'Create' }
  | { readonly type: 'Condition'; readonly name: string; readonly value: string }
  /** Without a value: until the path has one. */
  | { readonly type: 'JsonPath'; readonly path: Path; readonly value: string | undefined }

/** Reads `condition=Complete`, `condition=Complete=false`, `delete`, `create`, `jsonpath={.status.exitCode}=0`. */
export function parseWaitCondition(text: string): WaitCondition {
  const [word = ''] = text.split('=', 1)
  const argument = text.slice(word.length + 1)
  if (text.toLowerCase() === 'delete') return { type: 'Delete' }
  if (text.toLowerCase() === 'create') return { type: 'Create' }
  if (word === 'condition' && argument !== '') {
    const [name = '', value = 'True'] = argument.split('=')
    return { type: 'Condition', name, value }
  }
  if (word === 'jsonpath' && argument !== '') return parseJsonPathCondition(argument)
  throw new UsageError(
    `unrecognized condition: "${text}": write condition=TYPE[=VALUE], jsonpath='{PATH}'[=VALUE], create or delete`,
  )
}

/** The value is what follows the `=` behind the closing brace; filters may hold `==` inside. */
function parseJsonPathCondition(argument: string): WaitCondition {
  const braced = /^'?(\{.*\})'?(?:=(.*))?$/s.exec(argument)
  const plain = /^([^=]*)(?:=(.*))?$/s.exec(argument)
  const [, path = '', value] = braced ?? plain ?? []
  if (value === '') throw new UsageError('jsonpath wait has to have a value after equal sign')
  return { type: 'JsonPath', path: parsePath(path), value: value?.replace(/^(['"])(.*)\1$/s, '$2') }
}

/** Whether the object, undefined where it does not exist, is as waited for. */
export function isMet(condition: WaitCondition, object: ApiObject | undefined): boolean {
  if (condition.type === 'Delete') return object === undefined
  if (object === undefined) return false
  if (condition.type === 'Create') return true
  if (condition.type === 'Condition') return hasCondition(condition, object)
  const values = findValues(condition.path, object)
  if (values.length > 1) throw new CliError('given jsonpath expression matches more than one value')
  const [value] = values
  if (condition.value === undefined) return values.length === 1
  if (typeof value === 'object' && value !== null) {
    throw new CliError('jsonpath leads to a nested object or list: name one of its members')
  }
  return values.length === 1 && renderValue(value) === condition.value
}

/** Case does not count, and a condition about an older generation says nothing yet. */
function hasCondition(
  wanted: Extract<WaitCondition, { type: 'Condition' }>,
  object: ApiObject,
): boolean {
  const found = listAt(object, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type')?.toLowerCase() === wanted.name.toLowerCase(),
  )
  if (textAt(found, 'status')?.toLowerCase() !== wanted.value.toLowerCase()) return false
  const generation = numberAt(object, 'metadata', 'generation')
  const observed =
    numberAt(found, 'observedGeneration') ?? numberAt(object, 'status', 'observedGeneration')
  return generation === undefined || observed === undefined || observed >= generation
}
