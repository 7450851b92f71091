import type { CliContext } from './context.ts'
import type { Options } from './options.ts'

/** What one flag is called and takes. Data, so that help, parsing and completion read the same. */
export interface OptionDefinition {
  /** `-o, --output <format>`; without `<…>` it is a switch. */
  readonly flags: string
  readonly help: string
  readonly default?: string
  /** May be given several times. */
  readonly repeat?: true
  /** The value when the flag stands alone: `--dry-run` means `--dry-run=client`. */
  readonly bare?: string
  readonly completes?: Completes
  readonly hidden?: true
}

/** What fits at a place of the command line: words, live object names, or a file. */
export type Completes =
  | readonly string[]
  | 'objects'
  | 'runs'
  | 'deployments'
  | 'namespaces'
  | 'files'

export type CommandRun = (
  context: CliContext,
  words: readonly string[],
  options: Options,
) => Promise<number>

/** One verb. Its module is loaded only when it runs, so that starting stays quick. */
export interface CommandDefinition {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly group: CommandGroup
  /** What follows the verb, as the usage line shows it; words are passed on as they are. */
  readonly usage: string
  readonly summary: string
  readonly description?: string
  readonly examples: readonly Example[]
  readonly options: readonly OptionDefinition[]
  readonly completes?: Completes
  readonly load: () => Promise<CommandRun>
}

export interface Example {
  readonly comment: string
  /** Without the program's name. */
  readonly line: string
}

export const COMMAND_GROUPS = [
  'Run Capstan:',
  'Look:',
  'Change:',
  'Steer runs:',
  'Without a controller:',
  'Other:',
] as const
export type CommandGroup = (typeof COMMAND_GROUPS)[number]

/** `output` of `-o, --output <format>`. */
export function longName(option: OptionDefinition): string {
  return /--([a-z-]+)/.exec(option.flags)?.[1] ?? ''
}

/** `o` of `-o, --output <format>`. */
export function shortName(option: OptionDefinition): string | undefined {
  return /^-([A-Za-z])\b/.exec(option.flags)?.[1]
}

export function takesValue(option: OptionDefinition): boolean {
  return option.flags.includes('<')
}

/** Whether the word is this flag, without a value behind `=`. */
export function isFlag(option: OptionDefinition, word: string): boolean {
  return word === `--${longName(option)}` || word === `-${shortName(option) ?? '-'}`
}
