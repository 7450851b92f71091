import { COMMAND_GROUPS, type CommandDefinition, type OptionDefinition } from './definition.ts'
import { paint } from './terminal.ts'

/** The page of `capstan --help`: every verb in its group, then the flags that all of them take. */
export function renderOverview(
  program: string,
  commands: readonly CommandDefinition[],
  globals: readonly OptionDefinition[],
  colour: boolean,
): string {
  const title = (text: string): string => paint('bold', text, colour)
  const width = Math.max(...commands.map(({ name }) => name.length))
  const groups = COMMAND_GROUPS.flatMap((group) => [
    title(group),
    ...commands
      .filter((command) => command.group === group)
      .map(({ name, summary }) => `  ${name.padEnd(width)}   ${summary}`),
    '',
  ])
  const flagWidth = Math.max(...globals.map(({ flags }) => flags.length))
  return [
    'Capstan keeps Amazon ECS converging to YAML.',
    '',
    `${title('Usage:')} ${program} COMMAND [flags]`,
    '',
    ...groups,
    title('Flags of every command:'),
    ...globals.map(({ flags, help }) => `  ${flags.padEnd(flagWidth)}   ${help}`),
    '',
    `Use "${program} COMMAND --help" for what a command takes, with examples.`,
    `Try it without an AWS account: ${program} up DIR --local`,
    '',
  ].join('\n')
}

/** What stands under the flags of one command. */
export function renderExamples(program: string, { examples }: CommandDefinition): string {
  const lines = examples.map(({ comment, line }) => `  # ${comment}\n  ${program} ${line}`)
  return `\nExamples:\n${lines.join('\n\n')}\n`
}
