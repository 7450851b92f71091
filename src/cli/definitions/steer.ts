import type { CommandDefinition, CommandRun, OptionDefinition } from '../definition.ts'
import type { SteeringVerb } from '../steering.ts'
import {
  ALL,
  ALL_NAMESPACES,
  FILE_OPTIONS,
  NAME_OUTPUT,
  SELECTOR_OPTIONS,
  TIMEOUT,
} from './shared-options.ts'

const TARGET_OPTIONS: readonly OptionDefinition[] = [
  ...SELECTOR_OPTIONS,
  ALL,
  ALL_NAMESPACES,
  NAME_OUTPUT,
]

const WAIT_OPTIONS: readonly OptionDefinition[] = [
  { flags: '--wait', help: 'wait until the run has ended' },
  TIMEOUT,
]

function loadSteering(verb: SteeringVerb): () => Promise<CommandRun> {
  return async () => {
    const { steerCommand } = await import('../commands/steer.ts')
    return (context, words, options) => steerCommand(verb, context, words, options)
  }
}

/** Verbs about the life of runs and of what starts them. */
export const STEER_COMMANDS: readonly CommandDefinition[] = [
  {
    name: 'run',
    group: 'Steer runs:',
    usage: '(DEPLOYMENT | -f FILE)',
    summary: 'Start a run of a deployment, or the Runs of a file',
    description:
      "With --wait the exit code is the container's own; 1 when it gave none or the run crashed or was cancelled. --logs prints its output and waits. Both go on when the controller is started again meanwhile. A run of a deployment is the deployment's own, like those of its schedules: it goes when the deployment is deleted.",
    examples: [
      {
        comment: 'Start a deployment now, with a parameter',
        line: 'run etl --param day=2026-11-22',
      },
      { comment: 'Run a file, see its output, exit as it exits', line: 'run -f run.yaml --logs' },
    ],
    options: [
      ...FILE_OPTIONS,
      {
        flags: '--param <name=value>',
        help: 'parameter of the run; may be repeated',
        repeat: true,
      },
      {
        flags: '--set <variable=value>',
        help: "variable of the run's pool; may be repeated",
        repeat: true,
      },
      { flags: '--name <name>', help: 'name of the new run (default: a generated one)' },
      { flags: '--wait', help: 'wait until the run has ended' },
      { flags: '--logs', help: 'print its output; waits' },
      TIMEOUT,
      NAME_OUTPUT,
    ],
    completes: 'deployments',
    load: async () => (await import('../commands/run.ts')).run,
  },
  {
    name: 'backfill',
    group: 'Steer runs:',
    usage: 'DEPLOYMENT --from TIME [--to TIME]',
    summary: 'Make the runs that the schedules of a deployment would have made',
    description:
      'Each run has the name that the schedule itself gives it, so a time that has run is skipped. Limits of the pool and of the deployment count as always.',
    examples: [
      {
        comment: 'What would run?',
        line: 'backfill etl --from 2026-01-01 --to 2026-01-31 --dry-run',
      },
      {
        comment: 'One schedule, until now',
        line: 'backfill etl --from 2026-01-01 --schedule nightly',
      },
    ],
    options: [
      { flags: '--from <time>', help: 'first time: 2026-01-31 (midnight UTC) or RFC 3339' },
      { flags: '--to <time>', help: 'last time (default: now)' },
      { flags: '--schedule <slug>', help: 'only this schedule, by slug or place (0 is the first)' },
      { flags: '--dry-run', help: 'only print what would be created' },
    ],
    completes: 'deployments',
    load: async () => (await import('../commands/backfill.ts')).backfill,
  },
  {
    name: 'cancel',
    group: 'Steer runs:',
    usage: '(RUN... | -l QUERY | --all)',
    summary: 'Stop runs and end them as Cancelled',
    examples: [
      { comment: 'One run, until its task has stopped', line: 'cancel hello --wait' },
      { comment: 'All that are still going', line: 'cancel runs --all' },
    ],
    options: [...TARGET_OPTIONS, ...WAIT_OPTIONS],
    completes: 'runs',
    load: loadSteering('cancel'),
  },
  {
    name: 'retry',
    group: 'Steer runs:',
    usage: '(RUN... | -l QUERY)',
    summary: 'Run ended runs again',
    examples: [{ comment: 'With the next attempt number', line: 'retry hello' }],
    options: [...TARGET_OPTIONS, ...WAIT_OPTIONS],
    completes: 'runs',
    load: loadSteering('retry'),
  },
  {
    name: 'suspend',
    group: 'Steer runs:',
    usage: '(RUN | KIND/NAME...)',
    summary: 'Hold a run, the schedules of a deployment, a pool or an automation',
    examples: [{ comment: 'No more scheduled runs', line: 'suspend deployment/etl' }],
    options: TARGET_OPTIONS,
    completes: 'objects',
    load: loadSteering('suspend'),
  },
  {
    name: 'resume',
    group: 'Steer runs:',
    usage: '(RUN | KIND/NAME...)',
    summary: 'Let go what was suspended',
    examples: [{ comment: 'The pool launches again', line: 'resume workpool/default' }],
    options: TARGET_OPTIONS,
    completes: 'objects',
    load: loadSteering('resume'),
  },
  {
    name: 'approve',
    group: 'Steer runs:',
    usage: '[RUN | KIND/NAME...]',
    summary: 'Let go what Capstan holds for a person to look at',
    description:
      'After a lost database a folder Run that cannot be proven either way is held; name it to launch it. Deletions that would take too many objects at once are held as well; approve without a name lets them happen.',
    examples: [
      { comment: 'It has not run before: launch it', line: 'approve run/hello' },
      { comment: 'The manifests are gone on purpose: delete their objects', line: 'approve' },
    ],
    options: TARGET_OPTIONS,
    completes: 'objects',
    load: loadSteering('approve'),
  },
  {
    name: 'reconcile',
    group: 'Steer runs:',
    usage: '[RUN | KIND/NAME...]',
    summary: 'Look at objects, or at the folders, again now',
    examples: [
      { comment: 'Compare with ECS at once', line: 'reconcile run/hello' },
      { comment: 'Read the folders at once, for the hook of git-sync', line: 'reconcile' },
    ],
    options: TARGET_OPTIONS,
    completes: 'objects',
    load: loadSteering('reconcile'),
  },
]
