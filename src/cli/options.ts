import { parseDurationMs } from '../lib/duration.ts'
import { UsageError } from './errors.ts'

/** The flags of one invocation. A command asks by long name for what its definition declares. */
export interface Options {
  /** A switch; false when absent. */
  flag(name: string): boolean
  /** A switch that was turned off: `--wait=false`, `--no-headers`. */
  off(name: string): boolean
  /** A flag that was written down at all. */
  given(name: string): boolean
  text(name: string): string | undefined
  /** A flag that may be repeated, or whose value is a comma list where the definition says so. */
  texts(name: string): readonly string[]
}

/**
 * Makes Options of what the argument parser found (strings, booleans and lists by camelCase name) and
 * of the switches that were taken out before it.
 */
export function readOptions(
  values: Readonly<Record<string, unknown>>,
  switches: Readonly<Record<string, boolean>> = {},
): Options {
  const read = (name: string): unknown =>
    switches[name] ?? values[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())]
  return {
    flag: (name) => read(name) === true,
    off: (name) => read(name) === false,
    given: (name) => read(name) !== undefined,
    text(name) {
      const value = read(name)
      return typeof value === 'string' ? value : undefined
    },
    texts(name) {
      const value = read(name)
      if (Array.isArray(value)) return value.filter((item) => typeof item === 'string')
      return typeof value === 'string' ? [value] : []
    },
  }
}

/** A whole number of at least `minimum`, and of at most `maximum` where that is given. */
export function integerOption(
  options: Options,
  name: string,
  minimum: number,
  maximum = Number.POSITIVE_INFINITY,
): number | undefined {
  const text = options.text(name)
  if (text === undefined) return undefined
  if (!/^-?\d{1,15}$/.test(text) || Number(text) < minimum || Number(text) > maximum) {
    const most = Number.isFinite(maximum) ? ` and at most ${maximum}` : ''
    throw new UsageError(
      `invalid argument "${text}" for "--${name}" flag: a whole number of at least ${minimum}${most} is wanted`,
    )
  }
  return Number(text)
}

/** A span such as `90s`, `1h30m` or `PT5M`, in milliseconds. */
export function durationOption(options: Options, name: string): number | undefined {
  const text = options.text(name)
  if (text === undefined) return undefined
  const durationMs = parseDurationMs(text)
  if (durationMs === undefined) {
    throw new UsageError(
      `invalid argument "${text}" for "--${name}" flag: not a duration; write 90s, 5m, 1h30m or PT5M`,
    )
  }
  return durationMs
}

/** One of a closed set of words. */
export function choiceOption<Word extends string>(
  options: Options,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = options.text(name)
  if (text === undefined) return undefined
  const word = words.find((candidate) => candidate === text)
  if (word === undefined) {
    throw new UsageError(
      `invalid argument "${text}" for "--${name}" flag: must be one of ${words.join(', ')}`,
    )
  }
  return word
}

/** `key=value` pairs of a repeatable flag; a later one wins. */
export function pairsOption(options: Options, name: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  for (const text of options.texts(name)) {
    const at = text.indexOf('=')
    if (at < 1) {
      throw new UsageError(`invalid argument "${text}" for "--${name}" flag: write key=value`)
    }
    pairs.set(text.slice(0, at), text.slice(at + 1))
  }
  return pairs
}
