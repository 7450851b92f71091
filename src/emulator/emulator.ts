import type { Clock } from '../lib/clock.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Random } from '../lib/random.ts'
import { defaultConfig, type EmulatorConfig } from './config.ts'
import type { Operation } from './context.ts'
import { type Counters, createCounters } from './counters.ts'
import type { TaskDriver } from './drivers/driver.ts'
import { ec2Operations } from './ec2/operations.ts'
import { taskId } from './ecs/lookup.ts'
import { ecsOperations } from './ecs/operations.ts'
import {
  AwsError,
  type Service,
  serverException,
  throttlingException,
  unknownOperation,
} from './errors.ts'
import { faultBefore } from './fault-errors.ts'
import { createFaultInjector, type Effects, type FaultPlan, faultOf } from './faults.ts'
import type { Ledger } from './ledger.ts'
import { logsOperations } from './logs/operations.ts'
import type { Sink } from './sink.ts'
import { createState, type EmulatorState, settle } from './state.ts'
import { type Interruption, TaskLife } from './task-life.ts'
import { createTaskOutput } from './task-output.ts'
import { createThrottle } from './throttle.ts'
import { BUCKET_OF_OPERATION } from './throttle-buckets.ts'

export interface EmulatorRequest {
  readonly service: Service
  readonly operation: string
  /** ECS and Logs: the JSON body of the wire. EC2: the same in the SDKs' member names. */
  readonly input: JsonObject
}

/** `delayMs`: how late the reply is to arrive. Reset: the caller sees its connection break. */
export type EmulatorReply =
  | { readonly type: 'Ok'; readonly body: JsonObject; readonly delayMs: number }
  | { readonly type: 'Error'; readonly error: AwsError; readonly delayMs: number }
  | { readonly type: 'Reset'; readonly delayMs: number }

export interface EmulatorOptions {
  readonly clock: Clock
  readonly random: Random
  readonly driver: TaskDriver
  readonly config?: Partial<EmulatorConfig>
  readonly faults?: FaultPlan
  /** Where state is kept beyond the process; see journal.ts. */
  readonly sink?: Sink
  /** Fills the new state with what an earlier process kept. */
  readonly restore?: (state: EmulatorState) => void
}

export interface Emulator {
  readonly config: EmulatorConfig
  /** Answers one request. Never throws: what goes wrong is in the reply. */
  handle(request: EmulatorRequest): EmulatorReply
  /** Every task ever made. */
  readonly ledger: Ledger
  readonly counters: Counters
  /** How many calls each rule of the fault plan has hit. */
  faultHits(): readonly number[]
  /** Ends a task from outside, as Spot or a dying host does. False: no such task. */
  interrupt(taskArn: string, how: Interruption): boolean
}

const OPERATIONS: Readonly<Record<Service, Readonly<Record<string, Operation>>>> = {
  ecs: ecsOperations,
  logs: logsOperations,
  ec2: ec2Operations,
}

/** An emulated account in memory: plain calls on plain state, with time taken from the clock. */
export function createEmulator(options: EmulatorOptions): Emulator {
  const { clock, random, driver } = options
  const config = { ...defaultConfig, ...options.config }
  const state = createState({
    config,
    sink: options.sink,
    onForgotten: ({ id }) => driver.forget?.(id),
  })
  options.restore?.(state)
  const output = createTaskOutput({ config, state, nowMs: () => clock.nowMs() })
  const life = new TaskLife({ clock, state, driver, output })
  const throttle = createThrottle(config.throttle, clock)
  const startedMs = clock.monotonicMs()
  const injector = createFaultInjector(options.faults ?? { rules: [] }, {
    random,
    elapsedMs: () => clock.monotonicMs() - startedMs,
  })
  const counters = createCounters()
  life.resume()

  /** Lets everything happen that is due; reading logs wants the latest output as well. */
  const catchUp = (service: Service): number => {
    const nowMs = clock.nowMs()
    if (service === 'logs') driver.flush?.()
    output.settle(nowMs)
    settle(state, nowMs)
    return nowMs
  }
  const dispatch: Dispatch = (request, effects) => {
    const operation = findOperation(request)
    const before = faultBefore(effects, request.service)
    if (before) throw before
    const bucket = BUCKET_OF_OPERATION[request.operation]
    if (bucket && !throttle.take(bucket)) throw throttlingException(request.service)
    const nowMs = catchUp(request.service)
    return operation({ config, state, life, throttle, random, nowMs, effects }, request.input)
  }

  return {
    config,
    handle(request) {
      const effects = injector.next(request.operation, request.input)
      const reply = replyTo(request, effects, dispatch)
      counters.add(request.operation, reply)
      return reply
    },
    ledger: state.ledger,
    counters,
    faultHits: () => injector.hits(),
    interrupt(taskArn, how) {
      catchUp('ecs')
      const task = state.tasks.get(taskId(taskArn))
      if (task) life.interrupt(task, how)
      return task !== undefined
    },
  }
}

/** Names come from clients: those that every object has are no operations. */
function findOperation({ service, operation: name }: EmulatorRequest): Operation {
  const operations = OPERATIONS[service]
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  if (!operation) throw unknownOperation(service)
  return operation
}

type Dispatch = (request: EmulatorRequest, effects: Effects) => JsonObject

/** Runs a request between the faults before it and after it. */
function replyTo(request: EmulatorRequest, effects: Effects, dispatch: Dispatch): EmulatorReply {
  const delayMs = faultOf(effects, 'delay')?.delayMs ?? 0
  const reset = faultOf(effects, 'reset')
  if (reset?.effect === 'before') return { type: 'Reset', delayMs }
  try {
    const body = dispatch(request, effects)
    if (faultOf(effects, 'serverError')?.effect === 'after') throw serverException()
    return reset ? { type: 'Reset', delayMs } : { type: 'Ok', body, delayMs }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return reset ? { type: 'Reset', delayMs } : { type: 'Error', error, delayMs }
  }
}
