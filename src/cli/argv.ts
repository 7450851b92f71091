import { isFlag, longName, type OptionDefinition, takesValue } from './definition.ts'

export interface NormalizedArguments {
  readonly words: readonly string[]
  /** Switches written as `--wait=false`: their long names and what they were set to. */
  readonly switches: Readonly<Record<string, boolean>>
}

/**
 * Brings the spellings that kubectl's flag parser takes into the ones that ours takes: `-o=yaml`,
 * `--watch=true`, `--wait=false`, and a bare `--dry-run` for flags whose value may be left out.
 * Everything after `--` stays as it is.
 */
export function normalizeArguments(
  words: readonly string[],
  options: readonly OptionDefinition[],
): NormalizedArguments {
  const normalized: string[] = []
  const switches: Record<string, boolean> = {}
  const end = words.indexOf('--') === -1 ? words.length : words.indexOf('--')
  for (const word of words.slice(0, end)) {
    const [flag = ''] = word.split('=', 1)
    const option = options.find((candidate) => isFlag(candidate, flag))
    const value = word.includes('=') ? word.slice(word.indexOf('=') + 1) : undefined
    const isOn = parseBoolean(value)
    if (!option) normalized.push(word)
    else if (takesValue(option)) normalized.push(...valueWords(word, option, value))
    else if (value === undefined) normalized.push(word)
    else if (isOn === undefined) normalized.push(word)
    else Object.assign(switches, toSwitch(longName(option), isOn))
  }
  return { words: [...normalized, ...words.slice(end)], switches }
}

/** `--no-headers=true` turns `headers` off. */
function toSwitch(name: string, isOn: boolean): Readonly<Record<string, boolean>> {
  return name.startsWith('no-') ? { [name.slice(3)]: !isOn } : { [name]: isOn }
}

function valueWords(
  word: string,
  option: OptionDefinition,
  value: string | undefined,
): readonly string[] {
  if (value !== undefined) return [`--${longName(option)}=${value}`]
  return option.bare === undefined ? [word] : [`--${longName(option)}=${option.bare}`]
}

/** Booleans as Go's strconv.ParseBool takes them. */
function parseBoolean(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false
  return undefined
}
