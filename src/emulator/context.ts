import type { JsonObject } from '../lib/json.ts'
import type { Random } from '../lib/random.ts'
import type { EmulatorConfig } from './config.ts'
import type { Effects } from './faults.ts'
import type { EmulatorState } from './state.ts'
import type { TaskLife } from './task-life.ts'
import type { Throttle } from './throttle.ts'

/** What an operation sees of the emulator during one call. */
export interface CallContext {
  readonly config: EmulatorConfig
  readonly state: EmulatorState
  readonly life: TaskLife
  readonly throttle: Throttle
  readonly random: Random
  readonly nowMs: number
  /** What the fault plan does to this call. */
  readonly effects: Effects
}

/** Checks the input and acts; throws AwsError. Input and result are the service's own JSON. */
export type Operation = (context: CallContext, input: JsonObject) => JsonObject
