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
      "With --wait the exit code is the container's own; 1 when it gave none or the run crashed or was cancelled. --logs prints its output and waits.",
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
    usage: '(RUN | KIND/NAME...)',
    summary: 'Let go what Capstan holds for a person to look at',
    description:
      'After a lost database a folder Run that cannot be proven either way is held; so are deletions that would take too many objects at once.',
    examples: [{ comment: 'It has not run before: launch it', line: 'approve run/hello' }],
    options: TARGET_OPTIONS,
    completes: 'objects',
    load: loadSteering('approve'),
  },
  {
    name: 'reconcile',
    group: 'Steer runs:',
    usage: '(RUN | KIND/NAME...)',
    summary: 'Look at objects again now',
    examples: [{ comment: 'Compare with ECS at once', line: 'reconcile run/hello' }],
    options: TARGET_OPTIONS,
    completes: 'objects',
    load: loadSteering('reconcile'),
  },
]
