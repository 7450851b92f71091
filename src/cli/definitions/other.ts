import type { CommandDefinition } from '../definition.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const

export const OTHER_COMMANDS: readonly CommandDefinition[] = [
  {
    name: 'kubeconfig',
    group: 'Other:',
    usage: '',
    summary: 'Print a kubeconfig for kubectl and client libraries',
    examples: [
      { comment: 'Use kubectl with this controller', line: 'kubeconfig > capstan.kubeconfig' },
    ],
    options: [
      {
        flags: '--role <role>',
        help: 'what its token may do: admin (the default), edit or view',
        completes: ['admin', 'edit', 'view'],
      },
    ],
    load: async () => (await import('../commands/kubeconfig.ts')).kubeconfig,
  },
  {
    name: 'config',
    group: 'Other:',
    usage: 'view [RUN]',
    summary: 'Show the effective settings and where each comes from',
    examples: [
      { comment: 'Of this program', line: 'config view' },
      { comment: 'Of a run: which manifest says what', line: 'config view hello' },
    ],
    options: [
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
