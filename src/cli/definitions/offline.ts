import type { CommandDefinition } from '../definition.ts'
import { FILE_OPTIONS } from './shared-options.ts'

/** The same words as SOURCE_KINDS of manifest/import, which a help text need not load; a test compares them. */
export const IMPORT_KINDS = [
  'ecs-task-block',
  'base-job-template',
  'prefect-yaml',
  'automations',
] as const

/** Verbs that need no controller and no AWS. */
export const OFFLINE_COMMANDS: readonly CommandDefinition[] = [
  {
    name: 'validate',
    group: 'Without a controller:',
    usage: '(FILE | DIR)... | -f FILE',
    summary: 'Check manifests; problems with their line and column, exit code 1',
    examples: [
      { comment: 'A folder, before it is committed', line: 'validate ./manifests' },
      { comment: 'Standard input', line: 'validate -f -' },
    ],
    options: [...FILE_OPTIONS, { flags: '-q, --quiet', help: 'print problems only' }],
    completes: 'files',
    load: async () => (await import('../commands/validate.ts')).validate,
  },
  {
    name: 'render',
    group: 'Without a controller:',
    usage: '(FILE | DIR)... | -f FILE',
    summary: 'Print what would be sent to ECS for each Run',
    description:
      'Prints a YAML document per Run with the RegisterTaskDefinition and RunTask bodies; <...> stands where only AWS knows the value.',
    examples: [{ comment: 'See the merged settings of all Runs', line: 'render ./manifests' }],
    options: [
      ...FILE_OPTIONS,
      { flags: '--run <name>', help: 'only this Run' },
      {
        flags: '-o, --output <format>',
        help: 'yaml (the default) or json',
        completes: ['yaml', 'json'],
      },
    ],
    completes: 'files',
    load: async () => (await import('../commands/render.ts')).render,
  },
  {
    name: 'import',
    group: 'Without a controller:',
    usage: '(FILE | -)',
    summary: 'Make manifests of what Prefect has: prefect.yaml, a work pool, an ECSTask block',
    description:
      'Prints manifests on stdout, and on stderr a line for everything that could not be kept as it was.',
    examples: [
      { comment: 'The deployments of a project', line: 'import prefect.yaml > deployments.yaml' },
      {
        comment: 'A work pool, as `prefect work-pool inspect NAME -o json` prints it',
        line: 'import pool.json > pool.yaml',
      },
      { comment: 'A base job template', line: 'import base-job-template.json --name etl' },
    ],
    options: [
      {
        flags: '--kind <kind>',
        help: `what the file is, where auto (the default) cannot see it: ${IMPORT_KINDS.join(', ')}`,
        completes: ['auto', ...IMPORT_KINDS],
      },
      { flags: '--name <name>', help: 'name of the object, where the file has none' },
      {
        flags: '-o, --output <format>',
        help: 'yaml (the default) or json',
        completes: ['yaml', 'json'],
      },
    ],
    completes: 'files',
    load: async () => (await import('../commands/import.ts')).importCommand,
  },
  {
    name: 'explain',
    group: 'Without a controller:',
    usage: 'KIND[.FIELD...]',
    summary: 'Say what a field of a manifest is for',
    examples: [
      { comment: 'The template', line: 'explain run.spec.template' },
      { comment: 'All fields at once', line: 'explain deployment --recursive' },
    ],
    options: [{ flags: '--recursive', help: 'print the names of all fields below' }],
    completes: ['run', 'deployment', 'workpool', 'automation'],
    load: async () => (await import('../commands/explain.ts')).explain,
  },
]
