import { invalidParameter } from '../errors.ts'

/**
 * A CloudWatch Logs filter pattern over text: words and quoted phrases that must all occur, `-word`
 * that must not, `?word` of which one must. Patterns over JSON or columns are refused.
 */
export function compileFilterPattern(pattern: string): (message: string) => boolean {
  const text = pattern.trim()
  if (text.startsWith('{') || text.startsWith('[')) {
    throw invalidParameter('Invalid filter pattern: only text patterns are supported here.')
  }
  const terms = [...text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map((match) => ({
    sign: match[1] ?? '',
    word: (match[2] ?? match[3] ?? '').replaceAll(/\\(.)/g, '$1'),
  }))
  const words = (sign: string): readonly string[] =>
    terms.filter((term) => term.sign === sign).map(({ word }) => word)
  const all = words('')
  const none = words('-')
  const any = words('?')
  return (message) =>
    all.every((word) => message.includes(word)) &&
    !none.some((word) => message.includes(word)) &&
    (any.length === 0 || any.some((word) => message.includes(word)))
}
