import {
  hasPlaceholder,
  type PathStep,
  type Piece,
  type Placeholder,
  parsePieces,
} from '../../kinds/placeholder.ts'
import { isJsonObject, type Json } from '../../lib/json.ts'
import type { Reporter } from './report.ts'
import { members } from './values.ts'

/** What becomes of one of Prefect's placeholders. */
export type Translation =
  /** It stays a placeholder, with this path. */
  | { readonly type: 'Placeholder'; readonly text: string }
  /** Its value is known now. */
  | { readonly type: 'Value'; readonly value: Json }
  | { readonly type: 'Gone'; readonly reason: string; readonly action: string }

export interface Translator {
  readonly translate: (placeholder: Placeholder) => Translation
  readonly report: Reporter
}

/** The name of a whole-text placeholder: `image` for `{{ image }}`. */
export function wholePlaceholder(value: Json | undefined): string | undefined {
  if (typeof value !== 'string') return undefined
  const [piece, ...others] = parsePieces(value)
  return others.length === 0 && typeof piece === 'object' ? piece.text : undefined
}

/**
 * Every placeholder in a value in Capstan's own words. As in Prefect, a whole-text placeholder
 * without a value takes its key or list item with it, one inside a text leaves nothing there.
 */
export function translateTexts(
  value: Json,
  path: readonly PathStep[],
  translator: Translator,
): Json | undefined {
  if (typeof value === 'string') return translateText(value, path, translator)
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item, index) => {
      const translated = translateTexts(item, [...path, index], translator)
      return translated === undefined ? [] : [translated]
    })
  }
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    members(value).flatMap(([key, item]): readonly [string, Json][] => {
      const translated = translateTexts(item, [...path, key], translator)
      return translated === undefined ? [] : [[key, translated]]
    }),
  )
}

function translateText(
  text: string,
  path: readonly PathStep[],
  translator: Translator,
): Json | undefined {
  if (!hasPlaceholder(text)) return text
  const pieces = parsePieces(text)
  const place = { path, value: text }
  const translate = (piece: Piece): Json | undefined => {
    if (typeof piece === 'string') return piece
    const result = translator.translate(piece)
    if (result.type === 'Placeholder') return `{{ ${result.text} }}`
    if (result.type === 'Value') return result.value
    translator.report.lost(place, `{{ ${piece.text} }}: ${result.reason}`, result.action)
    return undefined
  }
  const [first] = pieces
  if (pieces.length === 1 && first !== undefined) return translate(first)
  return pieces.map((piece) => textOf(translate(piece))).join('')
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/**
 * The default of a variable, which Prefect puts into a template without rendering it again: blocks and
 * variables of Prefect in it are looked up, and everything else in braces stays text.
 */
export function settleTexts(
  value: Json,
  path: readonly PathStep[],
  report: Reporter,
): Json | undefined {
  return translateTexts(value, path, {
    report,
    translate(placeholder) {
      const known =
        placeholder.path[0] === 'prefect'
          ? (translatePrefectVariable(placeholder, report) ?? translateCommon(placeholder))
          : undefined
      return known ?? { type: 'Value', value: `\\{{ ${placeholder.text} }}` }
    },
  })
}

/** A variable of Prefect becomes one of the WorkPool; undefined for every other placeholder. */
export function translatePrefectVariable(
  { path, text }: Placeholder,
  report: Reporter,
): Translation | undefined {
  const [root, sort, name] = path
  if (root !== 'prefect' || sort !== 'variables' || name === undefined) return undefined
  const place = { path: ['variables', 'properties', String(name)], value: undefined }
  report.check(place, 'a Prefect variable became a variable of the WorkPool', 'Give it a default')
  return { type: 'Placeholder', text: text.slice('prefect.variables.'.length) }
}

/** Text that Prefect never rendered, so that what looks like a placeholder in it stays text. */
export function escapeTexts(value: Json): Json {
  if (typeof value === 'string') {
    return hasPlaceholder(value) ? value.replaceAll('{{', '\\{{') : value
  }
  if (Array.isArray(value)) return (value as readonly Json[]).map(escapeTexts)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(members(value).map(([key, item]) => [key, escapeTexts(item)]))
}

/** The names of all placeholders in a value, without what they walk into. */
export function placeholderNames(value: Json): readonly string[] {
  if (typeof value === 'string') {
    return parsePieces(value).flatMap((piece) =>
      typeof piece === 'string' ? [] : [String(piece.path[0])],
    )
  }
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(placeholderNames)
  return members(value).flatMap(([, item]) => placeholderNames(item))
}

interface Renamed {
  readonly prefect: string
  readonly own: string
}

/** Late placeholders of Prefect that Capstan knows by another name. */
const RUN_CONTEXT: readonly Renamed[] = [
  { prefect: 'ctx.flow_run.name', own: 'run.name' },
  { prefect: 'ctx.flow_run.id', own: 'run.uid' },
  { prefect: 'ctx.flow.name', own: 'deployment.name' },
]

/**
 * Placeholders that mean the same in every file of Prefect; undefined for the others, which are names
 * of variables or of outputs of steps.
 */
export function translateCommon({ text, path }: Placeholder): Translation | undefined {
  const [root] = path
  if (String(root).startsWith('$')) {
    return {
      type: 'Gone',
      reason: "nothing of the controller's own environment can be reached",
      action: 'Write the value, or make it a variable of the WorkPool',
    }
  }
  if (root === 'prefect' && path[1] === 'blocks') {
    return {
      type: 'Gone',
      reason: 'blocks stay with Prefect',
      action:
        'Write the value; a secret goes into Secrets Manager or SSM and its ARN under template.secrets',
    }
  }
  if (root !== 'ctx') return undefined
  const own = RUN_CONTEXT.find(({ prefect }) => prefect === text)?.own
  if (own !== undefined) return { type: 'Placeholder', text: own }
  return {
    type: 'Gone',
    reason: 'this member of the run is not known here',
    action: 'Use run.name, run.uid, run.attempt or deployment.name',
  }
}
