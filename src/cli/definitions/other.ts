import type { CommandDefinition, OptionDefinition } from '../definition.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const

const EXPIRES_IN: OptionDefinition = {
  flags: '--expires-in <duration>',
  help: 'how long its token is good: 12h, 30d (default: for ever)',
}

export const OTHER_COMMANDS: readonly CommandDefinition[] = [
  {
    name: 'kubeconfig',
    group: 'Other:',
    usage: '',
    summary: 'Print a kubeconfig for kubectl and client libraries',
    examples: [
      { comment: 'Use kubectl with this controller', line: 'kubeconfig > capstan.kubeconfig' },
      {
        comment: 'For somebody who only looks, for a month',
        line: 'kubeconfig --role view --expires-in 30d > viewer.kubeconfig',
      },
    ],
    options: [
      {
        flags: '--role <role>',
        help: 'what its token may do: admin (the default), edit or view',
        completes: ['admin', 'edit', 'view'],
      },
      EXPIRES_IN,
      { flags: '--use-token <token>', help: 'write this token down, make none; - reads it' },
    ],
    load: async () => (await import('../commands/kubeconfig.ts')).kubeconfig,
  },
  {
    name: 'token',
    group: 'Other:',
    usage: '(create NAME | list | revoke ID|NAME...)',
    summary: 'Manage the tokens that may use the API over HTTPS',
    description:
      'Manage the tokens that may use the API over HTTPS. A token is printed once, when it is made: ' +
      'Capstan keeps its hash. admin does everything, edit changes objects, view reads.',
    examples: [
      { comment: 'For a pipeline', line: 'token create ci --role edit --expires-in 90d' },
      { comment: 'Who has one, and who uses it', line: 'token list' },
      { comment: 'Take it back', line: 'token revoke ci' },
    ],
    options: [
      {
        flags: '--role <role>',
        help: 'what the token may do: view (the default), edit or admin',
        completes: ['admin', 'edit', 'view'],
      },
      EXPIRES_IN,
      { flags: '-o, --output <format>', help: 'json or yaml', completes: ['json', 'yaml'] },
    ],
    completes: ['create', 'list', 'revoke'],
    load: async () => (await import('../commands/token.ts')).tokenCommand,
  },
  {
    name: 'backup',
    group: 'Other:',
    usage: 'FILE',
    summary: 'Copy the database to a file, also while the controller runs',
    description:
      'Makes a verified copy of the database at one moment and puts it in the place of FILE in one step. The controller makes it while it runs; without one the command makes it itself.',
    examples: [
      { comment: 'Of the controller of this folder', line: 'backup capstan-backup.db' },
      {
        comment: 'Of another data directory',
        line: 'backup /backups/capstan.db --data /var/lib/capstan',
      },
    ],
    options: [],
    completes: 'files',
    load: async () => (await import('../commands/backup.ts')).backup,
  },
  {
    name: 'config',
    group: 'Other:',
    usage: 'view [RUN]',
    summary: 'Show the effective settings and where each comes from',
    examples: [
      { comment: 'Of this program', line: 'config view' },
      { comment: 'Of a run: which manifest says what', line: 'config view hello' },
      { comment: 'Only what somebody has written', line: 'config view hello --hide-defaults' },
    ],
    options: [
      { flags: '--show-defaults', help: 'also what nobody has written (the default)' },
      { flags: '--hide-defaults', help: 'only what somebody has written' },
      { flags: '--show-sources', help: 'where each value comes from (the default)' },
      { flags: '--hide-sources', help: 'names and values alone' },
      { flags: '-o, --output <format>', help: 'json or yaml', completes: ['json', 'yaml'] },
    ],
    completes: ['view'],
    load: async () => (await import('../commands/config-view.ts')).configCommand,
  },
  {
    name: 'version',
    group: 'Other:',
    usage: '',
    summary: 'Print the version of this program and of the controller',
    examples: [{ comment: 'Without asking the controller', line: 'version --client' }],
    options: [
      { flags: '--client', help: 'only of this program' },
      { flags: '-o, --output <format>', help: 'json or yaml', completes: ['json', 'yaml'] },
    ],
    load: async () => (await import('../commands/version.ts')).version,
  },
  {
    name: 'completion',
    group: 'Other:',
    usage: `(${SHELLS.join(' | ')})`,
    summary: 'Print a completion script for your shell',
    examples: [
      {
        comment: 'For this session of bash',
        line: 'completion bash > /tmp/capstan && source /tmp/capstan',
      },
      {
        comment: 'For fish, for ever',
        line: 'completion fish > ~/.config/fish/completions/capstan.fish',
      },
    ],
    options: [],
    completes: SHELLS,
    load: async () => (await import('../commands/completion.ts')).completion,
  },
]
