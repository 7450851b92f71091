/**
 * The grammar of placeholders, read by hand in one pass so that no text can make it slow:
 *
 *   placeholder = "{{" spaces path spaces "}}"
 *   path        = name { "." name | "[" digits "]" }
 *   name        = letters, digits, "_", "-", "$"; the first one does not start with a digit or "-"
 *
 * Anything else between braces is plain text, as in Prefect. `\{{` is two braces and no placeholder.
 */
export type PathStep = string | number

export interface Placeholder {
  readonly path: readonly PathStep[]
  /** The path as written, for messages. */
  readonly text: string
}

/** A stretch of plain text, or a placeholder. */
export type Piece = string | Placeholder

/** Longest text between the braces; no name that Capstan has is nearly as long. */
const MAX_PATH_LENGTH = 512

/** Cuts a text into plain stretches and placeholders, in order. Joining a text without any gives the text. */
export function parsePieces(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let plain = ''
  let from = 0
  for (;;) {
    const open = text.indexOf('{{', from)
    if (open < 0) break
    if (text[open - 1] === '\\' && open > from) {
      plain += `${text.slice(from, open - 1)}{{`
      from = open + 2
      continue
    }
    const found = parseAt(text, open)
    plain += text.slice(from, found ? open : open + 1)
    from = open + 1
    if (found) {
      if (plain !== '') pieces.push(plain)
      pieces.push(found.placeholder)
      plain = ''
      from = found.end
    }
  }
  plain += text.slice(from)
  if (plain !== '') pieces.push(plain)
  return pieces
}

/** True for a text that holds at least one placeholder. */
export function hasPlaceholder(text: string): boolean {
  return parsePieces(text).some((piece) => typeof piece !== 'string')
}

function parseAt(
  text: string,
  open: number,
): { readonly placeholder: Placeholder; readonly end: number } | undefined {
  const inner = text.slice(open + 2, open + 2 + MAX_PATH_LENGTH)
  const close = inner.indexOf('}}')
  if (close < 0) return undefined
  const written = inner.slice(0, close).trim()
  const path = parsePath(written)
  return path && { placeholder: { path, text: written }, end: open + 2 + close + 2 }
}

/** The steps of `a.b[0].c`, or undefined where the text is no path. */
function parsePath(text: string): readonly PathStep[] | undefined {
  if (text === '' || isDigit(text, 0) || text[0] === '-') return undefined
  const steps: PathStep[] = []
  let position = 0
  while (position < text.length) {
    const found = parseStep(text, position)
    if (!found) return undefined
    steps.push(found.step)
    position = found.end
  }
  return steps
}

/** The step at `position`: a name (with its dot, unless it is the first) or an index in brackets. */
function parseStep(
  text: string,
  position: number,
): { readonly step: PathStep; readonly end: number } | undefined {
  if (position > 0 && text[position] === '[') {
    const end = digitsEnd(text, position + 1)
    if (end === position + 1 || text[end] !== ']') return undefined
    return { step: Number(text.slice(position + 1, end)), end: end + 1 }
  }
  if (position > 0 && text[position] !== '.') return undefined
  const start = position === 0 ? 0 : position + 1
  const end = nameEnd(text, start)
  return end === start ? undefined : { step: text.slice(start, end), end }
}

function nameEnd(text: string, start: number): number {
  let end = start
  while (isDigit(text, end) || isLetter(text, end)) end += 1
  return end
}

function digitsEnd(text: string, start: number): number {
  let end = start
  while (isDigit(text, end)) end += 1
  return end
}

function isDigit(text: string, position: number): boolean {
  const code = text.charCodeAt(position)
  return code >= 48 && code <= 57
}

function isLetter(text: string, position: number): boolean {
  const code = text.charCodeAt(position)
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
  return letter || text[position] === '_' || text[position] === '-' || text[position] === '$'
}
