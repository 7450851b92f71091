import { isJsonObject } from '../../lib/json.ts'
import { CliError } from '../errors.ts'
import { plainText } from '../json-text.ts'
import type { Condition, Operand, Operator, Path, Step, TemplateNode } from './syntax.ts'

/** What a path is looked up in. */
interface Scope {
  readonly root: unknown
  readonly current: unknown
}

/** The text that a template makes of a document; values are separated by spaces, as kubectl prints them. */
export function renderTemplate(nodes: readonly TemplateNode[], document: unknown): string {
  return renderNodes(nodes, { root: document, current: document })
}

function renderNodes(nodes: readonly TemplateNode[], scope: Scope): string {
  return nodes.map((node) => renderNode(node, scope)).join('')
}

function renderNode(node: TemplateNode, scope: Scope): string {
  if (node.type === 'Text') return node.text
  const values = resolvePath(node.path, scope)
  if (node.type === 'Values') return values.map(renderValue).join(' ')
  return values.map((current) => renderNodes(node.body, { root: scope.root, current })).join('')
}

/** Scalars as they are, lists and maps as JSON, nothing for null. */
export function renderValue(value: unknown): string {
  return value === null ? '' : plainText(value)
}

/** All values at the path, in order. Missing members give none; an index outside a list is an error, as in kubectl. */
export function findValues(path: Path, document: unknown): readonly unknown[] {
  return resolvePath(path, { root: document, current: document })
}

function resolvePath(path: Path, scope: Scope): readonly unknown[] {
  const start = path.from === 'Root' ? scope.root : scope.current
  return path.steps.reduce<readonly unknown[]>(
    (values, step) => values.flatMap((value) => applyStep(step, value, scope.root)),
    [start],
  )
}

function applyStep(step: Step, value: unknown, root: unknown): readonly unknown[] {
  switch (step.type) {
    case 'Field':
      return memberOf(value, step.name)
    case 'Wildcard':
      return childrenOf(value)
    case 'Descend':
      return withDescendants(value)
    case 'Union':
      return step.members.flatMap((member) =>
        typeof member === 'number' ? elementOf(value, member) : memberOf(value, member),
      )
    case 'Slice':
      return sliceOf(value, step)
    case 'Filter':
      return childrenOf(value).filter((current) => holds(step.condition, { root, current }))
  }
}

function memberOf(value: unknown, name: string): readonly unknown[] {
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return []
  return [value[name]]
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return isJsonObject(value) ? Object.values(value) : []
}

function withDescendants(value: unknown): readonly unknown[] {
  return [value, ...childrenOf(value).flatMap(withDescendants)]
}

function elementOf(value: unknown, index: number): readonly unknown[] {
  if (!Array.isArray(value)) return []
  const place = index < 0 ? value.length + index : index
  if (place < 0 || place >= value.length) {
    throw new CliError(
      `error executing jsonpath: array index out of bounds: index ${index}, length ${value.length}`,
    )
  }
  return [value[place]]
}

function sliceOf(value: unknown, step: Extract<Step, { type: 'Slice' }>): readonly unknown[] {
  if (!Array.isArray(value)) return []
  const stride = step.stride ?? 1
  if (stride < 1)
    throw new CliError('error executing jsonpath: the step of a slice must be at least 1')
  return value.slice(step.start, step.end).filter((_, index) => index % stride === 0)
}

function holds(condition: Condition, scope: Scope): boolean {
  const left = operandValues(condition.left, scope)
  if (!condition.comparison) return left.length > 0
  const right = operandValues(condition.comparison.right, scope)
  if (left.length !== 1 || right.length !== 1) return false
  return compare(left[0], condition.comparison.operator, right[0])
}

function operandValues(operand: Operand, scope: Scope): readonly unknown[] {
  return operand.type === 'Literal' ? [operand.value] : resolvePath(operand.path, scope)
}

const COMPARISONS: Readonly<Record<Operator, (a: never, b: never) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** Different types are never ordered; they are only unequal. */
function compare(left: unknown, operator: Operator, right: unknown): boolean {
  if (typeof left !== typeof right) return operator === '!='
  return COMPARISONS[operator](left as never, right as never)
}
