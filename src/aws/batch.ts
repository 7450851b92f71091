import type { Clock } from '../lib/clock.ts'
import { AwsError } from './errors.ts'
import type { EcsPort, TaskSnapshot } from './ports.ts'

/** What one look at one task gave. */
export type TaskObservation =
  | { readonly type: 'Found'; readonly task: TaskSnapshot }
  /** ECS does not know the id; `reason` is MISSING. Soon after a launch it may still appear. */
  | { readonly type: 'Missing'; readonly reason: string }

export interface DescribeRequest {
  readonly cluster: string
  readonly taskArn: string
  /** Just launched or stopping: looked at before the others. */
  readonly young?: boolean
}

/** Looks at single tasks, many at a time. */
export interface TaskBatcher {
  /** Rejects with AwsError when the call that the task went with failed. */
  describe(request: DescribeRequest): Promise<TaskObservation>
  /** Rejects everything that has not been asked yet. */
  close(): void
}

/** Ids that DescribeTasks takes. */
const MAX_BATCH = 100
/** Calls of one cluster that are under way at once: enough to keep the bucket busy over slow answers. */
const MAX_IN_FLIGHT = 4
/** Tasks of one cluster that wait for a look; several times the largest fleet that is planned for. */
const MAX_WAITING = 500_000

interface Ask {
  readonly young: boolean
  readonly answer: Promise<TaskObservation>
  readonly resolve: (observation: TaskObservation) => void
  readonly reject: (error: unknown) => void
}

/** Invariant: a window is open exactly while something waits and a call may start. */
interface Cluster {
  /** By task ARN; in the order of asking. */
  readonly young: Map<string, Ask>
  readonly others: Map<string, Ask>
  inFlight: number
  cancelWindow: (() => void) | undefined
}

/**
 * Coalesces looks at tasks into DescribeTasks calls of up to 100 per cluster. The first look opens a
 * window of `windowMs`; a full batch does not wait for its end. The same task asked twice in a window
 * is asked once.
 */
export function createTaskBatcher(
  ecs: Pick<EcsPort, 'describeTasks'>,
  clock: Clock,
  windowMs: number,
): TaskBatcher {
  return new Batcher(ecs, clock, windowMs)
}

class Batcher implements TaskBatcher {
  readonly #ecs: Pick<EcsPort, 'describeTasks'>
  readonly #clock: Clock
  readonly #windowMs: number
  readonly #clusters = new Map<string, Cluster>()

  constructor(ecs: Pick<EcsPort, 'describeTasks'>, clock: Clock, windowMs: number) {
    this.#ecs = ecs
    this.#clock = clock
    this.#windowMs = windowMs
  }

  describe({ cluster: name, taskArn, young = false }: DescribeRequest): Promise<TaskObservation> {
    const cluster = this.#cluster(name)
    const found = cluster.young.get(taskArn) ?? cluster.others.get(taskArn)
    if (found && (found.young || !young)) return found.answer
    const ask = found ? { ...found, young } : newAsk(young)
    if (!found && waiting(cluster) >= MAX_WAITING) return Promise.reject(tooMany())
    cluster.others.delete(taskArn)
    const queue = young ? cluster.young : cluster.others
    queue.set(taskArn, ask)
    this.#schedule(name, cluster)
    return ask.answer
  }

  close(): void {
    for (const cluster of this.#clusters.values()) {
      cluster.cancelWindow?.()
      for (const ask of [...cluster.young.values(), ...cluster.others.values()])
        ask.reject(closed())
    }
    this.#clusters.clear()
  }

  #cluster(name: string): Cluster {
    const cluster = this.#clusters.get(name) ?? {
      young: new Map<string, Ask>(),
      others: new Map<string, Ask>(),
      inFlight: 0,
      cancelWindow: undefined,
    }
    this.#clusters.set(name, cluster)
    return cluster
  }

  #schedule(name: string, cluster: Cluster): void {
    while (waiting(cluster) >= MAX_BATCH && cluster.inFlight < MAX_IN_FLIGHT)
      this.#send(name, cluster)
    if (waiting(cluster) === 0 || cluster.inFlight >= MAX_IN_FLIGHT) return
    cluster.cancelWindow ??= this.#clock.after(this.#windowMs, () => {
      cluster.cancelWindow = undefined
      if (waiting(cluster) > 0) this.#send(name, cluster)
    })
  }

  #send(name: string, cluster: Cluster): void {
    cluster.cancelWindow?.()
    cluster.cancelWindow = undefined
    const batch = takeBatch(cluster)
    const priority = [...batch.values()].some((ask) => ask.young) ? 'Young' : 'Normal'
    cluster.inFlight += 1
    const call = this.#ecs.describeTasks(name, [...batch.keys()], undefined, priority)
    const settle = (): void => {
      cluster.inFlight -= 1
      if (this.#clusters.get(name) !== cluster) return
      if (waiting(cluster) === 0 && cluster.inFlight === 0) this.#clusters.delete(name)
      else this.#schedule(name, cluster)
    }
    call
      .then(
        (answer) => deliver(batch, answer),
        (error: unknown) => {
          for (const ask of batch.values()) ask.reject(error)
        },
      )
      .finally(settle)
  }
}

function waiting(cluster: Cluster): number {
  return cluster.young.size + cluster.others.size
}

/** The next asks, young ones first, taken off the queues. */
function takeBatch(cluster: Cluster): ReadonlyMap<string, Ask> {
  const batch = new Map<string, Ask>()
  for (const queue of [cluster.young, cluster.others]) {
    for (const [taskArn, ask] of queue) {
      if (batch.size >= MAX_BATCH) return batch
      batch.set(taskArn, ask)
      queue.delete(taskArn)
    }
  }
  return batch
}

/** A task that the answer does not mention at all is missing, too. */
function deliver(
  batch: ReadonlyMap<string, Ask>,
  answer: Awaited<ReturnType<EcsPort['describeTasks']>>,
): void {
  const tasks = new Map(answer.tasks.map((task) => [task.taskArn, task]))
  const reasons = new Map(answer.failures.map(({ arn, reason }) => [arn, reason]))
  for (const [taskArn, ask] of batch) {
    const task = tasks.get(taskArn)
    if (task) ask.resolve({ type: 'Found', task })
    else ask.resolve({ type: 'Missing', reason: reasons.get(taskArn) ?? 'MISSING' })
  }
}

function newAsk(young: boolean): Ask {
  const { promise, resolve, reject } = withResolvers<TaskObservation>()
  return { young, answer: promise, resolve, reject }
}

function withResolvers<T>(): {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
} {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

function tooMany(): AwsError {
  const message = `${MAX_WAITING} tasks of the cluster wait for a look already`
  return new AwsError({
    operation: 'DescribeTasks',
    code: 'CapstanQueueFull',
    message,
    sent: false,
  })
}

function closed(): AwsError {
  const message = 'the observer was closed'
  return new AwsError({ operation: 'DescribeTasks', code: 'AbortError', message, sent: false })
}
