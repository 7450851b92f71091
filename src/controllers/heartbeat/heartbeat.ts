import type { TaskSnapshot } from '../../aws/ports.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Part } from '../../runtime/manager.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import type { OutputOfEveryTask } from '../attempt-logs.ts'
import { BeatDisplay } from './display.ts'
import { noteHealth } from './health.ts'
import { type BeatIntakeParts, createBeatIntake } from './intake.ts'
import { LogActivity } from './log-activity.ts'
import { HeartbeatMonitor } from './monitor.ts'
import { createRunTokens } from './run-tokens.ts'

/** What comes from outside: the key outlives the database, the address depends on the listeners. */
export interface HeartbeatSettings {
  /** Key of the runs' tokens, at least 32 random bytes. */
  readonly key: Uint8Array
  /** Where tasks can beat, without a slash at its end; undefined: nowhere. */
  readonly url: () => string | undefined
}

export interface HeartbeatDeps {
  readonly store: Store
  readonly clock: Clock
  readonly settings: HeartbeatSettings
  readonly wake: (attempt: AttemptRow) => void
  readonly accounts: AccountBook
  readonly outputOfEveryTask?: OutputOfEveryTask | undefined
}

export interface Heartbeats {
  readonly monitor: HeartbeatMonitor
  readonly intake: BeatIntakeParts
  readonly tokenOf: (runUid: string) => string
  /** To be told of every look at a task. */
  readonly looked: (attempt: AttemptRow, task: TaskSnapshot) => void
  /** Starts before whoever takes beats in, and stops after. */
  readonly part: Part
}

/** Everything that listens for signs of life. */
export function createHeartbeats(deps: HeartbeatDeps): Heartbeats {
  const { store, clock, settings, wake } = deps
  const monitor = new HeartbeatMonitor({ store, clock, url: settings.url, wake })
  const display = new BeatDisplay({ store, clock, monitor })
  const lines = new LogActivity({ ...deps, monitor })
  const tokens = createRunTokens(settings.key)
  return {
    monitor,
    intake: createBeatIntake({ store, clock, monitor, tokens }),
    tokenOf: (runUid) => tokens.tokenOf(runUid),
    looked: (attempt, task) => noteHealth(monitor, attempt, task),
    part: {
      name: 'heartbeats',
      start() {
        display.start()
        lines.start()
      },
      stop() {
        lines.stop()
        display.stop()
        monitor.stop()
      },
    },
  }
}
