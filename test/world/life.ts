import type { AwsAccounts, EcsPort, NetworkPort } from '../../src/aws/ports.ts'
import type { Clock } from '../../src/lib/clock.ts'
import type { Log } from '../../src/runtime/logger.ts'
import type { SqliteStore } from '../../src/store/open.ts'
import type { AttemptStore } from '../../src/store/types.ts'
import { remembering } from './emulator-account.ts'

/** Right after a commit, right before a request leaves, right before its answer is looked at. */
export type Point = 'commit' | `request ${string}` | `answer ${string}`

/** Changes what a port or a store does: stubborn networks, planted mistakes. */
export interface Distortion {
  readonly ecs?: (ecs: EcsPort) => Partial<EcsPort>
  readonly attempts?: (store: SqliteStore) => Partial<AttemptStore>
}

export interface LifeOptions {
  readonly clock: Clock
  readonly store: SqliteStore
  readonly aws: AwsAccounts
  readonly distortions: readonly Distortion[]
  /** Called at each point with what is being sent or was answered; the life may end in it. */
  readonly at: (point: Point, detail: unknown) => void
}

/**
 * One life of the controller's process: clock, store and accounts reach the world only while it lasts.
 * After `end` timers do not fire, calls stay unanswered, nothing is heard of commits, and what the dead
 * would still write is refused, as if it had never been computed.
 */
export class Life {
  readonly clock: Clock
  readonly store: SqliteStore
  readonly aws: AwsAccounts
  readonly #options: LifeOptions
  readonly #endings = new Set<() => void>()
  #isOver = false

  constructor(options: LifeOptions) {
    this.#options = options
    this.clock = this.#mortalClock()
    this.store = this.#mortalStore()
    this.aws = this.#mortalAccounts()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  end(): void {
    this.#isOver = true
    for (const ending of this.#endings) ending()
    this.#endings.clear()
  }

  /** A log in which the dead write nothing. */
  mortalLog(log: Log): Log {
    const whileAlive =
      (level: 'debug' | 'info' | 'warn' | 'error'): Log['info'] =>
      (message, fields) => {
        if (!this.#isOver) log[level](message, fields)
      }
    return {
      debug: whileAlive('debug'),
      info: whileAlive('info'),
      warn: whileAlive('warn'),
      error: whileAlive('error'),
      with: (fields) => this.mortalLog(log.with(fields)),
    }
  }

  #mortalClock(): Clock {
    const { clock } = this.#options
    return {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, fire) => {
        if (this.#isOver) return () => {}
        const cancel = clock.after(delayMs, () => {
          this.#endings.delete(cancel)
          fire()
        })
        this.#endings.add(cancel)
        return () => {
          this.#endings.delete(cancel)
          cancel()
        }
      },
    }
  }

  /** Each outermost commit is a point to die at: it stays, and nothing after it happens. */
  #mortalStore(): SqliteStore {
    const { store, at, distortions } = this.#options
    let depth = 0
    const mortal = <T>(commit: () => T): T => {
      if (this.#isOver) throw new Error('the process died')
      depth += 1
      try {
        return commit()
      } finally {
        depth -= 1
        if (depth === 0) at('commit', undefined)
      }
    }
    const transaction: SqliteStore['transaction'] = (write, sync) =>
      mortal(() => store.transaction(write, sync))
    const together: SqliteStore['together'] = (works) => mortal(() => store.together(works))
    const subscribe: SqliteStore['subscribe'] = (listener) => {
      if (this.#isOver) return () => {}
      const unsubscribe = store.subscribe(listener)
      this.#endings.add(unsubscribe)
      return unsubscribe
    }
    const attempts = Object.assign(
      {},
      store.attempts,
      ...distortions.map((distortion) => distortion.attempts?.(store)),
    ) as AttemptStore
    return { ...store, transaction, together, subscribe, attempts }
  }

  #mortalAccounts(): AwsAccounts {
    const account = this.#options.aws.account({})
    const ecs = this.#options.distortions.reduce<EcsPort>(
      (port, distortion) => ({ ...port, ...distortion.ecs?.(port) }),
      account.ecs,
    )
    const read: NetworkPort['read'] = (vpcId, signal) => account.network.read(vpcId, signal)
    const mortal = {
      ...account,
      ecs: this.#mortalPort(ecs),
      network: remembering(this.#mortalPort({ read })),
      logs: this.#mortalPort(account.logs),
    }
    return { account: () => mortal, close: () => {} }
  }

  /** A port of the world outside: the dead do not reach it, and its calls are points to die at. */
  mortal<Port extends object>(port: Port): Port {
    return this.#mortalPort(port)
  }

  #mortalPort<Port extends object>(port: Port): Port {
    const methods = Object.entries(port as Record<string, Method>)
    return Object.fromEntries(
      methods.map(([name, method]) => [name, this.#mortalCall(name, method)] as const),
    ) as Port
  }

  #mortalCall(name: string, method: Method): Method {
    const { at } = this.#options
    return async (...args) => {
      if (!this.#isOver) at(`request ${name}`, args)
      if (this.#isOver) return unanswered()
      const answer = await method(...args).then(
        (value): Answer => ({ value }),
        (error: unknown): Answer => ({ error }),
      )
      if (!this.#isOver) at(`answer ${name}`, answer)
      if (this.#isOver) return unanswered()
      if ('error' in answer) throw answer.error
      return answer.value
    }
  }
}

type Method = (...args: readonly unknown[]) => Promise<unknown>

type Answer = { readonly value: unknown } | { readonly error: unknown }

/** A promise of its own each time: what waits for it can be forgotten together with it. */
function unanswered(): Promise<never> {
  return new Promise(() => {})
}
