import { Command, CommanderError, Help, Option } from 'commander'
import { normalizeArguments } from './argv.ts'
import type { CliContext } from './context.ts'
import { type CommandDefinition, isFlag, type OptionDefinition, takesValue } from './definition.ts'
import { COMMANDS } from './definitions/all.ts'
import { GLOBAL_OPTIONS } from './definitions/shared-options.ts'
import { exitCodeOf, renderError, UsageError } from './errors.ts'
import { renderExamples, renderOverview } from './help-text.ts'
import { readOptions } from './options.ts'

/** Runs one command line and resolves with its exit code. Never rejects. */
export async function runProgram(context: CliContext, words: readonly string[]): Promise<number> {
  try {
    if (words[0] === '__complete') return await runCompletion(context, words.slice(1))
    return await runCommand(context, spellOut(words))
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0) context.stderr.write(`${helpHint(context, words)}\n`)
      return error.exitCode
    }
    context.stderr.write(`${renderError(error)}\n`)
    if (error instanceof UsageError) context.stderr.write(`${helpHint(context, words)}\n`)
    return exitCodeOf(error)
  }
}

/** `help get` is `get --help`, `--version` is `version --client`. */
function spellOut(words: readonly string[]): readonly string[] {
  const [first, verb] = words
  if (first === '--version') return ['version', '--client']
  if (first !== 'help') return words
  if (verb === undefined) return ['--help']
  return findCommand([verb]) ? [verb, '--help'] : [verb]
}

async function runCompletion(context: CliContext, words: readonly string[]): Promise<number> {
  const { completeCommand } = await import('./commands/complete.ts')
  return completeCommand(context, words, readOptions({}))
}

async function runCommand(context: CliContext, words: readonly string[]): Promise<number> {
  const definition = findCommand(words)
  const options = [...(definition?.options ?? []), ...GLOBAL_OPTIONS]
  const { words: normalized, switches } = normalizeArguments(words, options)
  let exitCode = 0
  const program = buildProgram(context, async (command, positional, values) => {
    const run = await command.load()
    exitCode = await run(context, positional, readOptions(values, switches))
  })
  if (words.length === 0) {
    program.outputHelp()
    return 0
  }
  await program.parseAsync([...normalized], { from: 'user' })
  return exitCode
}

/** The verb of a command line: its first word that is neither a flag nor a flag's value. */
export function findCommand(words: readonly string[]): CommandDefinition | undefined {
  let skipsNext = false
  for (const word of words) {
    if (skipsNext) {
      skipsNext = false
      continue
    }
    if (!word.startsWith('-')) return COMMANDS.find(({ name }) => name === word)
    const option = GLOBAL_OPTIONS.find((known) => isFlag(known, word))
    skipsNext = option !== undefined && takesValue(option)
  }
  return undefined
}

function helpHint({ environment }: CliContext, words: readonly string[]): string {
  const verb = findCommand(words)?.name
  const command =
    verb === undefined ? environment.programName : `${environment.programName} ${verb}`
  return `See '${command} --help' for usage.`
}

type Act = (
  command: CommandDefinition,
  words: readonly string[],
  values: Record<string, unknown>,
) => Promise<void>

function buildProgram(context: CliContext, act: Act): Command {
  const { stdout, stderr, environment } = context
  const program = new Command(environment.programName)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(renderUsageError(text)),
      getOutHasColors: () => stdout.colour,
      getErrHasColors: () => stderr.colour,
    })
    .configureHelp({
      formatHelp: () =>
        renderOverview(environment.programName, COMMANDS, GLOBAL_OPTIONS, stdout.colour),
    })
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
  for (const option of GLOBAL_OPTIONS) program.addOption(toOption(option))
  for (const definition of COMMANDS) addCommand(program, definition, act)
  return program
}

function addCommand(program: Command, definition: CommandDefinition, act: Act): void {
  const command = program
    .command(definition.name)
    .helpGroup(definition.group)
    .summary(definition.summary)
    .description(definition.description ?? `${definition.summary}.`)
    .usage(`${definition.usage} [flags]`.trim())
    .argument('[words...]')
    .configureHelp({
      formatHelp: (self, help) => Help.prototype.formatHelp.call(help, self, help),
      showGlobalOptions: true,
      visibleArguments: () => [],
      optionDescription: describeOption,
    })
  for (const option of definition.options) command.addOption(toOption(option))
  command.addHelpText('after', renderExamples(program.name(), definition))
  command.action((words: string[], _options: unknown, self: Command) =>
    act(definition, words, self.optsWithGlobals()),
  )
}

function toOption(definition: OptionDefinition): Option {
  const option = new Option(definition.flags, definition.help)
  if (definition.hidden) option.hideHelp()
  if (definition.default !== undefined) option.default(definition.default)
  if (definition.repeat) {
    option.argParser((value: string, previous: unknown) => [
      ...(Array.isArray(previous) ? (previous as readonly string[]) : []),
      value,
    ])
  }
  return option
}

function describeOption(option: Option): string {
  const value: unknown = option.defaultValue
  return typeof value === 'string'
    ? `${option.description} (default "${value}")`
    : option.description
}

/** Commander's `error: unknown option '--watc'` in kubectl's words. */
function renderUsageError(text: string): string {
  return text.replace(/unknown option '([^']*)'/, 'unknown flag: $1')
}
