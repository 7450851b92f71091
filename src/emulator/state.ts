import type { Cluster } from './cluster.ts'
import type { EmulatorConfig } from './config.ts'
import {
  type ContainerInstance,
  createContainerInstances,
  release,
  reserve,
} from './container-instances.ts'
import { DefinitionTable } from './definition-table.ts'
import { Ledger } from './ledger.ts'
import { LogStore } from './logs/log-store.ts'
import { noSink, type Sink } from './sink.ts'
import type { TaskRecord } from './task-record.ts'
import { TaskTable } from './task-table.ts'
import { type LastStop, TokenTable } from './tokens.ts'

/** Everything the emulated account holds. */
export interface EmulatorState {
  readonly clusters: Map<string, Cluster>
  readonly definitions: DefinitionTable
  readonly tasks: TaskTable
  readonly tokens: TokenTable
  readonly instances: readonly ContainerInstance[]
  readonly logs: LogStore
  readonly ledger: Ledger
  /** Told of every change of the above, so that it survives the process. */
  readonly sink: Sink
  /** Number of the task that was made last. */
  lastSequence: number
}

export interface StateOptions {
  readonly config: EmulatorConfig
  readonly sink?: Sink | undefined
  /** The service forgot a stopped task: what a driver keeps of it can go. */
  readonly onForgotten?: (task: TaskRecord) => void
}

export function createState({ config, sink = noSink, onForgotten }: StateOptions): EmulatorState {
  const instances = createContainerInstances(config)
  const state: EmulatorState = {
    clusters: new Map(),
    definitions: new DefinitionTable(),
    tasks: new TaskTable(config.retentionMs, {
      onStopped: (task) => release(instances, task),
      onForgotten: (task) => {
        sink.drop('task', task.id)
        onForgotten?.(task)
      },
    }),
    tokens: new TokenTable(),
    instances,
    logs: new LogStore(config, sink),
    ledger: new Ledger(config.ledgerLimit),
    sink,
    lastSequence: 0,
  }
  for (const { name, capacityProviders } of config.clusters) {
    state.clusters.set(name, newCluster(config, name, capacityProviders))
  }
  return state
}

export function newCluster(
  config: EmulatorConfig,
  name: string,
  capacityProviders: readonly string[],
): Cluster {
  return {
    name,
    arn: `arn:aws:ecs:${config.region}:${config.accountId}:cluster/${name}`,
    status: 'ACTIVE',
    capacityProviders,
    defaultStrategy: [],
    settings: [],
    tags: [],
  }
}

/** Puts a task, new or known from before, in its places. */
export function addTask(state: EmulatorState, task: TaskRecord): void {
  state.lastSequence = Math.max(state.lastSequence, task.sequence)
  reserve(state.instances, task)
  state.tasks.add(task)
  state.ledger.add(task)
}

/** Drops everything whose time is over. To be called before each operation. */
export function settle(state: EmulatorState, nowMs: number): void {
  state.tasks.settle(nowMs)
  state.tokens.settle(nowMs, lastStopIn(state), ({ clusterName, token }) => {
    state.sink.drop('token', `${clusterName} ${token}`)
  })
}

/** When the tasks of a call stopped, as the tokens want to know it. */
export function lastStopIn({ ledger }: EmulatorState): LastStop {
  return ({ taskArns }) => ledger.lastStopAtMs(taskArns)
}
