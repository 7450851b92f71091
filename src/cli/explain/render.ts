import { nearest } from '../../lib/nearest.ts'
import { CliError } from '../errors.ts'
import type { Resource } from '../resources.ts'
import { membersOf, resolveNode, rootNode, type SchemaNode, typeName } from './schema-walk.ts'

/** kubectl wraps descriptions at this width. */
const TEXT_WIDTH = 80

/** `capstan explain KIND[.FIELD…]`: what a field is for, and what can stand under it. */
export function renderExplanation(
  resource: Resource,
  path: readonly string[],
  isRecursive: boolean,
): string {
  const root = rootNode(resource.singular)
  if (!root)
    throw new CliError(`there is no schema for ${resource.kind}: only Capstan's own kinds have one`)
  const node = path.reduce((current, field) => findMember(current, field, resource), root)
  const fields = isRecursive ? recursiveLines(node, 1) : fieldLines(node)
  const field = path.at(-1)
  return [
    `GROUP:      ${resource.group}`,
    `KIND:       ${resource.kind}`,
    'VERSION:    v1',
    '',
    ...(field === undefined ? [] : [`FIELD: ${field} <${typeName(node)}>`, '']),
    'DESCRIPTION:',
    ...descriptionLines(node, 4),
    ...valueLines(node, 4),
    ...(fields.length === 0 ? [] : ['', 'FIELDS:', ...fields]),
    '',
  ].join('\n')
}

function findMember(node: SchemaNode, field: string, resource: Resource): SchemaNode {
  const members = membersOf(node)
  const member = members.find(({ name }) => name === field)
  if (member) return member.node
  const guess = nearest(
    field,
    members.map(({ name }) => name),
  )
  const hint = guess === undefined ? '' : ` (did you mean "${guess}"?)`
  throw new CliError(`field "${field}" does not exist in ${resource.kind}${hint}`)
}

function fieldLines(node: SchemaNode): readonly string[] {
  return membersOf(node).flatMap(({ name, node: member, isRequired }) => [
    `  ${name}\t<${typeName(member)}>${isRequired ? ' -required-' : ''}`,
    ...valueLines(member, 2),
    ...descriptionLines(member, 4),
    '',
  ])
}

/** Names and types only; a schema that contains itself is shown once on each way down. */
function recursiveLines(node: SchemaNode, level: number): readonly string[] {
  return membersOf(node).flatMap(({ name, node: member, isRequired }) => {
    const { via } = resolveNode(member)
    const isRepeated = new Set(via).size < via.length
    const line = `${'  '.repeat(level)}${name}\t<${typeName(member)}>${isRequired ? ' -required-' : ''}`
    return [line, ...(isRepeated ? [] : recursiveLines(member, level + 1))]
  })
}

function descriptionLines(node: SchemaNode, indentation: number): readonly string[] {
  const { description } = resolveNode(node).schema
  const text = typeof description === 'string' ? description : '<empty>'
  return wrap(text, TEXT_WIDTH - indentation).map((line) => ' '.repeat(indentation) + line)
}

/** The words that are allowed, and what counts when the field is absent. */
function valueLines(node: SchemaNode, indentation: number): readonly string[] {
  const { enum: words, default: value } = resolveNode(node).schema
  const padding = ' '.repeat(indentation)
  return [
    ...(Array.isArray(words) ? [`${padding}enum: ${words.map(String).join(', ')}`] : []),
    ...(value === undefined ? [] : [`${padding}default: ${JSON.stringify(value)}`]),
  ]
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
