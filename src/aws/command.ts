/** Words of a command, or why the text cannot be split. */
export type SplitCommand = { readonly words: readonly string[] } | { readonly problem: string }

/** One part of a word, or the space between words; a word is any number of parts without space. */
const PART =
  /'(?<single>[^']*)'|"(?<double>(?:\\[^]|[^"\\])*)"|\\(?<escaped>[^])|(?<plain>[^\s'"\\]+)|(?<space>\s+)/y

/**
 * Splits text into words as a POSIX shell would, with quotes and backslashes and nothing else: no
 * variables, no globs, no operators, no comments.
 */
export function splitCommand(text: string): SplitCommand {
  const words: string[] = []
  let word: string | undefined
  for (let index = 0; index < text.length; ) {
    PART.lastIndex = index
    const match = PART.exec(text)
    if (!match) return { problem: unfinished(text.charAt(index)) }
    index += match[0].length
    if (match.groups?.['space'] === undefined) {
      word = (word ?? '') + unquote(match.groups ?? {})
    } else {
      if (word !== undefined) words.push(word)
      word = undefined
    }
  }
  return { words: word === undefined ? words : [...words, word] }
}

/** Inside double quotes a backslash protects only `"`, `\`, `$`, a backtick and a line end; before others it stays. */
function unquote(part: Readonly<Record<string, string | undefined>>): string {
  const { single, double, escaped, plain } = part
  if (double !== undefined) return double.replace(/\\(["\\$`])/g, '$1').replace(/\\\n/g, '')
  if (escaped !== undefined) return escaped === '\n' ? '' : escaped
  return single ?? plain ?? ''
}

function unfinished(character: string): string {
  if (character === '\\') return 'the command ends with a backslash'
  return `the command has a ${character} without its closing ${character}`
}
