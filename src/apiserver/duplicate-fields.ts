import { renderPath } from '../manifest/problem.ts'

/** One is enough to refuse an object; a list of them helps whoever made the mistake by machine. */
const MAX_REPORTED = 20

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

interface Frame {
  /** Keys so far; undefined in a list. */
  readonly keys: Set<string> | undefined
  /** Where in it the text is: a key, or a place in the list. */
  at: string | number
  /** Whether a string that comes now is a key. */
  expectsKey: boolean
}

/**
 * Paths of members that stand twice in one object of a JSON text. `JSON.parse` keeps the last of them and
 * says nothing. The text must be JSON, which the caller has parsed.
 */
export function duplicateFields(text: string): readonly string[] {
  const found: string[] = []
  const frames: Frame[] = []
  for (const [token] of text.matchAll(TOKEN)) {
    const top = frames.at(-1)
    if (token === '{') frames.push({ keys: new Set(), at: '', expectsKey: true })
    else if (token === '[') frames.push({ keys: undefined, at: 0, expectsKey: false })
    else if (token === '}' || token === ']') frames.pop()
    else if (top && token === ',') moveOn(top)
    else if (top?.expectsKey && takeKey(top, token)) {
      found.push(renderPath(frames.map(({ at }) => at)))
      if (found.length === MAX_REPORTED) return found
    }
  }
  return found
}

function moveOn(frame: Frame): void {
  if (frame.keys) frame.expectsKey = true
  else frame.at = Number(frame.at) + 1
}

/** Whether the key was there before. */
function takeKey(frame: Frame, token: string): boolean {
  const key = String(JSON.parse(token))
  frame.at = key
  frame.expectsKey = false
  if (frame.keys?.has(key)) return true
  frame.keys?.add(key)
  return false
}
