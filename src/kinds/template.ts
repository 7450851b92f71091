import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { nearest } from '../lib/nearest.ts'
import { type PathStep, type Piece, type Placeholder, parsePieces } from './placeholder.ts'

/** What one root of a placeholder stands for: the names that may be used, and the values of those that have one. */
export interface Scope {
  readonly declared: readonly string[]
  readonly values: JsonObject
}

export const ROOTS = ['variables', 'parameters', 'run', 'deployment', 'workPool'] as const
export type Root = (typeof ROOTS)[number]

/** Everything that placeholders can reach. A name without a root is one of the variables. */
export type TemplateContext = Readonly<Record<Root, Scope>>

export interface RenderProblem {
  readonly code: 'UndeclaredName' | 'NoSuchMember' | 'TooLarge' | 'TooDeep'
  /** From the value that was rendered down to the text at fault. */
  readonly path: readonly PathStep[]
  readonly message: string
}

export interface Rendered {
  /** Undefined when the whole value was one placeholder without a value. */
  readonly value: Json | undefined
  readonly problems: readonly RenderProblem[]
}

/** Characters that placeholders may put into one template in all; ECS takes 64 KiB of task definition. */
const MAX_INSERTED_CHARS = 512 * 1024
/** Deeper values are refused, so that no input can exhaust the stack; the manifest parser has the same bound. */
const MAX_DEPTH = 100
/** After so many problems the rest would only repeat them. */
const MAX_PROBLEMS = 20
/** Names that a misspelt one is compared with. */
const MAX_NAMES_COMPARED = 500

interface Rendering {
  readonly context: TemplateContext
  readonly problems: RenderProblem[]
  readonly path: PathStep[]
  insertedChars: number
}

/**
 * Fills in the placeholders of a template, and of anything in it. Keys are not rendered, values that were
 * filled in are not rendered again, and only own members are ever read.
 */
export function renderTemplate(template: Json, context: TemplateContext): Rendered {
  const rendering: Rendering = { context, problems: [], path: [], insertedChars: 0 }
  const value = renderValue(rendering, template)
  return { value, problems: rendering.problems }
}

function renderValue(rendering: Rendering, value: Json): Json | undefined {
  if (typeof value === 'string') return renderText(rendering, value)
  if (typeof value !== 'object' || value === null) return value
  if (rendering.path.length >= MAX_DEPTH) {
    report(rendering, 'TooDeep', () => `nested deeper than ${MAX_DEPTH} levels`)
    return undefined
  }
  if (isJsonObject(value)) {
    const entries = Object.entries(value).flatMap(([key, item]): readonly [string, Json][] => {
      const rendered = item === undefined ? undefined : renderStep(rendering, key, item)
      return rendered === undefined ? [] : [[key, rendered]]
    })
    const isEmptied = entries.length === 0 && Object.keys(value).length > 0
    // ECS refuses what is empty there, so an optional part needs no more than a variable without a default.
    return isEmptied && rendering.path[0] === 'taskDefinition'
      ? undefined
      : Object.fromEntries(entries)
  }
  return value.flatMap((item, index): readonly Json[] => {
    const rendered = renderStep(rendering, index, item)
    return rendered === undefined ? [] : [rendered]
  })
}

function renderStep(rendering: Rendering, step: PathStep, value: Json): Json | undefined {
  rendering.path.push(step)
  const rendered = renderValue(rendering, value)
  rendering.path.pop()
  return rendered
}

function renderText(rendering: Rendering, text: string): Json | undefined {
  if (!text.includes('{{')) return text
  const pieces = parsePieces(text)
  const [first] = pieces
  if (pieces.length === 1 && first !== undefined && typeof first !== 'string') {
    return insert(rendering, lookUp(rendering, first))
  }
  return pieces.map((piece) => renderPiece(rendering, piece)).join('')
}

function renderPiece(rendering: Rendering, piece: Piece): string {
  if (typeof piece === 'string') return piece
  return toText(insert(rendering, lookUp(rendering, piece)))
}

/** What a value looks like inside a longer text: nothing for no value, JSON for lists and maps. */
function toText(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The value itself, as long as all that was filled in stays within the bound. */
function insert(rendering: Rendering, value: Json | undefined): Json | undefined {
  if (rendering.insertedChars > MAX_INSERTED_CHARS) return undefined
  rendering.insertedChars += sizeOf(value)
  if (rendering.insertedChars <= MAX_INSERTED_CHARS) return value
  report(
    rendering,
    'TooLarge',
    () => `the placeholders fill in more than ${MAX_INSERTED_CHARS} characters`,
  )
  return undefined
}

function sizeOf(value: Json | undefined): number {
  if (typeof value === 'string') return value.length
  return typeof value === 'object' && value !== null ? JSON.stringify(value).length : 8
}

function lookUp(rendering: Rendering, placeholder: Placeholder): Json | undefined {
  const { context } = rendering
  const [first, ...rest] = placeholder.path
  const rooted = isRoot(first) && rest.length > 0
  const scope = rooted ? context[first] : context.variables
  const [name, ...steps] = rooted ? rest : placeholder.path
  if (typeof name !== 'string' || !scope.declared.includes(name)) {
    report(rendering, 'UndeclaredName', () => undeclaredMessage(context, placeholder))
    return undefined
  }
  return walk(rendering, ownMember(scope.values, name), steps, placeholder)
}

function isRoot(step: PathStep | undefined): step is Root {
  return ROOTS.some((root) => root === step)
}

/** Null and absent values end the walk without a value; a member that a value does not have is an error. */
function walk(
  rendering: Rendering,
  start: Json | undefined,
  steps: readonly PathStep[],
  placeholder: Placeholder,
): Json | undefined {
  let value = start
  for (const step of steps) {
    if (value === undefined || value === null) return undefined
    const parent: Json = value
    value = ownMember(parent, step)
    if (value === undefined) {
      report(rendering, 'NoSuchMember', () => noMemberMessage(parent, step, placeholder))
    }
  }
  return value
}

function ownMember(value: Json, step: PathStep): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
  if (Array.isArray(value))
    return typeof step === 'number' ? (value as readonly Json[])[step] : undefined
  return isJsonObject(value) ? value[step] : undefined
}

function noMemberMessage(value: Json, step: PathStep, { text }: Placeholder): string {
  const wanted = typeof step === 'number' ? `element [${step}]` : `member '${step}'`
  if (!isJsonObject(value) || typeof step === 'number')
    return `{{ ${text} }}: there is no ${wanted}`
  const near = nearest(step, Object.keys(value).slice(0, MAX_NAMES_COMPARED))
  const hint = near === undefined ? '' : `; did you mean '${near}'?`
  return `{{ ${text} }}: there is no ${wanted}${hint}`
}

function undeclaredMessage(context: TemplateContext, placeholder: Placeholder): string {
  const names = ROOTS.flatMap((root) => {
    const full = context[root].declared.map((name) => `${root}.${name}`)
    return root === 'variables' ? [...context.variables.declared, ...full] : full
  })
  const compared = names.slice(0, MAX_NAMES_COMPARED)
  const written = placeholder.path.slice(0, 2).join('.')
  const near = nearest(written, compared) ?? nearest(String(placeholder.path[0]), compared)
  const way = near === undefined ? waysOut(placeholder) : `did you mean {{ ${near} }}?`
  return `{{ ${placeholder.text} }} is not declared; ${way}`
}

function waysOut(placeholder: Placeholder): string {
  const escape = `write \\{{ ${placeholder.text} }} to keep the text as it is`
  if (placeholder.path[0] === 'parameters') {
    return `give the parameter a value, declare it in the deployment's parameterSchema, or ${escape}`
  }
  return `declare it in the variables of the WorkPool, or ${escape}`
}

function report(rendering: Rendering, code: RenderProblem['code'], message: () => string): void {
  if (rendering.problems.length >= MAX_PROBLEMS) return
  rendering.problems.push({ code, path: [...rendering.path], message: message() })
}
