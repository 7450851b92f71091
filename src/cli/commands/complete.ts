import { sleep } from '../../lib/clock.ts'
import { type Candidate, complete } from '../completion/complete.ts'
import type { CliContext } from '../context.ts'
import { COMMANDS } from '../definitions/all.ts'
import { GLOBAL_OPTIONS } from '../definitions/shared-options.ts'
import { fetchList } from '../fetch.ts'
import type { Options } from '../options.ts'
import type { Resource } from '../resources.ts'

/** A shell waits for the answer with the user's fingers on the key. */
const LIVE_NAMES_TIMEOUT_MS = 1_000
/** Beyond this many nobody reads the list. */
const MAX_LIVE_NAMES = 500

/** The hidden `__complete WORD...`: one candidate a line, `:files` where file names fit. Never fails. */
export async function completeCommand(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const { candidates, live, files } = complete(words, COMMANDS, GLOBAL_OPTIONS)
  const names = live ? await liveNames(context, live.resource, options) : []
  const found: readonly Candidate[] = [
    ...candidates,
    ...names.map((name) => ({ value: `${live?.prefix ?? ''}${name}` })),
  ]
  const current = words.at(-1) ?? ''
  const fitting = found.filter(({ value }) => value.startsWith(current))
  const lines = fitting.map(({ value, description }) =>
    description === undefined ? value : `${value}\t${description}`,
  )
  const endsOpen = fitting.length > 0 && fitting.every(({ value }) => /[=/]$/.test(value))
  const directives = [...(files ? [':files'] : []), ...(endsOpen ? [':nospace'] : [])]
  context.stdout.write([...lines, ...directives].map((line) => `${line}\n`).join(''))
  return 0
}

async function liveNames(
  context: CliContext,
  resource: Resource,
  options: Options,
): Promise<readonly string[]> {
  const ask = async (): Promise<readonly string[]> => {
    try {
      const { client, namespace } = await context.connect(options)
      const place = resource.namespaced ? namespace : undefined
      const { items } = await fetchList(client, resource, place)
      return items.slice(0, MAX_LIVE_NAMES).map(({ metadata }) => metadata.name)
    } catch {
      // Without a controller there are no names to offer, and no place to say so.
      return []
    }
  }
  const giveUp = sleep(context.clock, LIVE_NAMES_TIMEOUT_MS).then(() => [])
  return Promise.race([ask(), giveUp])
}
