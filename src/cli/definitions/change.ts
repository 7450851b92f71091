import type { CommandDefinition } from '../definition.ts'
import {
  ALL,
  ALL_NAMESPACES,
  FILE_OPTIONS,
  SELECTOR_OPTIONS,
  TIMEOUT,
  WRITE_OPTIONS,
} from './shared-options.ts'

const SERVER_SIDE_OPTIONS = [
  { flags: '--server-side', help: 'let the server merge and note who owns which field' },
  { flags: '--force-conflicts', help: 'with --server-side: take over fields that others own' },
] as const

/** Verbs that write objects. */
export const CHANGE_COMMANDS: readonly CommandDefinition[] = [
  {
    name: 'apply',
    group: 'Change:',
    usage: '(-f FILE | -k DIR)',
    summary: 'Make objects be as the manifests say',
    examples: [
      { comment: 'A file, a folder, or standard input', line: 'apply -f run.yaml' },
      {
        comment: 'What would change, without changing it',
        line: 'apply -f ./manifests --dry-run=server',
      },
    ],
    options: [...FILE_OPTIONS, ...WRITE_OPTIONS, ...SERVER_SIDE_OPTIONS],
    load: async () => (await import('../commands/apply.ts')).apply,
  },
  {
    name: 'create',
    group: 'Change:',
    usage: '(-f FILE | namespace NAME)',
    summary: 'Create objects; fails where they exist',
    examples: [
      { comment: 'A Run with generateName gets a new name each time', line: 'create -f run.yaml' },
      { comment: 'A namespace', line: 'create namespace team-a' },
    ],
    options: [...FILE_OPTIONS, ...WRITE_OPTIONS],
    completes: ['namespace'],
    load: async () => (await import('../commands/create.ts')).create,
  },
  {
    name: 'edit',
    group: 'Change:',
    usage: 'KIND/NAME',
    summary: 'Change an object in your editor',
    description: 'Opens the object in $KUBE_EDITOR, $VISUAL or $EDITOR and sends what was changed.',
    examples: [{ comment: 'A deployment', line: 'edit deployment/etl' }],
    options: [],
    completes: 'objects',
    load: async () => (await import('../commands/edit.ts')).edit,
  },
  {
    name: 'delete',
    group: 'Change:',
    usage: '(-f FILE | KIND NAME... | KIND/NAME... | KIND (-l QUERY | --all))',
    summary: 'Delete objects; running tasks are stopped first',
    examples: [
      { comment: 'One run; waits until its task has stopped', line: 'delete run/hello' },
      { comment: 'What a file names', line: 'delete -f run.yaml --ignore-not-found' },
      { comment: 'All runs with a label', line: 'delete runs -l app=etl' },
    ],
    options: [
      ...FILE_OPTIONS,
      ...SELECTOR_OPTIONS,
      ALL,
      ALL_NAMESPACES,
      { flags: '--wait', help: 'wait until the objects are gone (default); --wait=false does not' },
      TIMEOUT,
      { flags: '--ignore-not-found', help: 'exit 0 when there is nothing to delete' },
      {
        flags: '--cascade <how>',
        help: 'what becomes of what belongs to it: background (the default), foreground, orphan',
        bare: 'background',
        completes: ['background', 'foreground', 'orphan'],
      },
      { flags: '--grace-period <seconds>', help: 'seconds that the object is given' },
      { flags: '--now', help: 'the same as --grace-period=1' },
      {
        flags: '--dry-run <strategy>',
        help: 'client: only say what would be deleted; server: ask without effect',
        bare: 'client',
        completes: ['none', 'client', 'server'],
      },
      { flags: '-o, --output <format>', help: 'name: print only KIND/NAME', completes: ['name'] },
    ],
    completes: 'objects',
    load: async () => (await import('../commands/delete.ts')).deleteCommand,
  },
  {
    name: 'diff',
    group: 'Change:',
    usage: '(-f FILE | -k DIR)',
    summary: 'Show what apply would change',
    description: 'Exit code 0: nothing; 1: there are differences; above 1: something failed.',
    examples: [{ comment: 'Against the live objects', line: 'diff -f ./manifests' }],
    options: [
      ...FILE_OPTIONS,
      { flags: '--field-manager <name>', help: 'who sets the fields (default "capstan")' },
      ...SERVER_SIDE_OPTIONS,
    ],
    load: async () => (await import('../commands/diff.ts')).diff,
  },
]
