import {
  COMMAND_GROUPS,
  type CommandDefinition,
  type OptionDefinition,
} from '../../src/cli/definition.ts'
import { COMMANDS } from '../../src/cli/definitions/all.ts'
import { GLOBAL_OPTIONS } from '../../src/cli/definitions/shared-options.ts'

const HEAD = `<!-- generated from src/cli/definitions by \`npm run gen\` -->
# Commands

\`capstan COMMAND --help\` prints the same. Flags are those of kubectl where kubectl has the command. Beside
them \`CAPSTAN_SOCKET\` names the socket of the controller, \`KUBECONFIG\` files that \`--context\` chooses from,
\`KUBE_EDITOR\`, \`VISUAL\` or \`EDITOR\` the editor of \`capstan edit\`; \`NO_COLOR\` turns colours off.
`

/** docs/commands.md: every command with its flags and examples, as the program knows them. */
export function renderCommands(): string {
  const groups = COMMAND_GROUPS.map((group) => {
    const commands = COMMANDS.filter((command) => command.group === group)
    return [`## ${group.replace(/:$/, '')}`, ...commands.map(renderCommand)].join('\n\n')
  })
  const everywhere = `## Flags of every command\n\n${renderOptions(GLOBAL_OPTIONS)}`
  return `${[HEAD, ...groups, everywhere].join('\n')}\n`.replaceAll(/\n{3,}/g, '\n\n')
}

function renderCommand(command: CommandDefinition): string {
  const { name, aliases = [], usage, summary, description, examples, options } = command
  const called = aliases.length > 0 ? ` Also called ${aliases.map(code).join(', ')}.` : ''
  const lines = examples.flatMap(({ comment, line }) => [`# ${comment}`, `capstan ${line}`])
  return [
    `### capstan ${name}`,
    `\`capstan ${name}${usage === '' ? '' : ` ${usage}`}\``,
    `${summary}.${called}`,
    ...(description === undefined ? [] : [description]),
    ...(lines.length === 0 ? [] : [`\`\`\`sh\n${lines.join('\n')}\n\`\`\``]),
    ...(options.some(({ hidden }) => !hidden) ? [renderOptions(options)] : []),
  ].join('\n\n')
}

function renderOptions(options: readonly OptionDefinition[]): string {
  const rows = options
    .filter(({ hidden }) => !hidden)
    .map((option) => `| ${code(option.flags)} | ${cell(option.help)}${cell(defaultOf(option))} |`)
  return ['| flag | meaning |', '| --- | --- |', ...rows].join('\n')
}

function defaultOf(option: OptionDefinition): string {
  return option.default === undefined ? '' : ` (default ${option.default})`
}

function code(text: string): string {
  return `\`${cell(text)}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
