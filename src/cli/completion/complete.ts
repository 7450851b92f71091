import {
  type CommandDefinition,
  type Completes,
  isFlag,
  longName,
  type OptionDefinition,
  takesValue,
} from '../definition.ts'
import {
  DEPLOYMENTS,
  findResource,
  NAMESPACES,
  type Resource,
  RUNS,
  resourceWords,
} from '../resources.ts'

export interface Candidate {
  readonly value: string
  readonly description?: string
}

/** What fits at the end of the words: fixed candidates, names of live objects, files. */
export interface Completion {
  readonly candidates: readonly Candidate[]
  /** Objects whose names fit, each as `NAME` or, with `asReference`, as `TYPE/NAME`. */
  readonly live?: { readonly resource: Resource; readonly prefix: string }
  readonly files: boolean
}

const NOTHING: Completion = { candidates: [], files: false }
const FILES: Completion = { candidates: [], files: true }

/** The last word is the one being typed. Pure: live names are only asked for. */
export function complete(
  words: readonly string[],
  commands: readonly CommandDefinition[],
  globals: readonly OptionDefinition[],
): Completion {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const { command, positional, pending } = readWords(before, commands, globals)
  const options = [...(command?.options ?? []), ...globals].filter((option) => !option.hidden)
  if (pending) return completeValue(pending.completes, { positional: [], assigned: '', current })
  const assigned = /^(--[a-z-]+)=/.exec(current)?.[0]
  if (assigned !== undefined) {
    const option = options.find((candidate) => `--${longName(candidate)}=` === assigned)
    const value = current.slice(assigned.length)
    return completeValue(option?.completes, { positional: [], assigned, current: value })
  }
  if (current.startsWith('-')) return { candidates: options.map(optionCandidate), files: false }
  if (command) return completeValue(command.completes, { positional, assigned: '', current })
  const candidates = commands.map(({ name, summary }) => ({ value: name, description: summary }))
  return { candidates, files: false }
}

interface ReadWords {
  readonly command: CommandDefinition | undefined
  readonly positional: readonly string[]
  /** The flag whose value is being typed. */
  readonly pending: OptionDefinition | undefined
}

function readWords(
  words: readonly string[],
  commands: readonly CommandDefinition[],
  globals: readonly OptionDefinition[],
): ReadWords {
  let command: CommandDefinition | undefined
  let pending: OptionDefinition | undefined
  const positional: string[] = []
  for (const word of words) {
    if (pending) pending = undefined
    else if (word.startsWith('-')) {
      const option = [...(command?.options ?? []), ...globals].find((known) => isFlag(known, word))
      const waits = option && takesValue(option) && option.bare === undefined
      pending = waits ? option : undefined
    } else if (command) positional.push(word)
    else command = commands.find(({ name }) => name === word)
  }
  return { command, positional, pending }
}

function optionCandidate(option: OptionDefinition): Candidate {
  return { value: `--${longName(option)}`, description: option.help }
}

interface ValuePlace {
  /** Words that stand before it. */
  readonly positional: readonly string[]
  /** `--flag=` where the value is typed behind it, in the same word. */
  readonly assigned: string
  readonly current: string
}

function completeValue(completes: Completes | undefined, place: ValuePlace): Completion {
  const { positional, assigned, current } = place
  const namesOf = (resource: Resource): Completion => ({
    ...NOTHING,
    live: { resource, prefix: assigned },
  })
  switch (completes) {
    case undefined:
      return NOTHING
    case 'files':
      return FILES
    case 'namespaces':
      return namesOf(NAMESPACES)
    case 'deployments':
      return namesOf(DEPLOYMENTS)
    case 'runs':
      return current.includes('/') ? completeObjects(place) : namesOf(RUNS)
    case 'objects':
      return completeObjects(place)
    default: {
      if (positional.length > 0) return NOTHING
      return { candidates: completes.map((word) => ({ value: assigned + word })), files: false }
    }
  }
}

/** `KIND`, then names of that kind; or `KIND/NAME` in one word. */
function completeObjects({ positional, assigned, current }: ValuePlace): Completion {
  const [type = ''] = current.includes('/') ? current.split('/') : positional
  if (type === '') {
    const candidates = resourceWords().map((value) => ({ value: assigned + value }))
    return { candidates, files: false }
  }
  const resource = findResource(type)
  if (!resource) return NOTHING
  const prefix = current.includes('/') ? `${assigned}${type}/` : assigned
  return { ...NOTHING, live: { resource, prefix } }
}
