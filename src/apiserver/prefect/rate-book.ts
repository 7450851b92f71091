export interface Rate {
  /** As many at once. */
  readonly burst: number
  readonly perSecond: number
}

interface Account {
  /** What may be taken now; below zero: what has to be waited for. */
  balance: number
  atMs: number
}

/** How many callers are remembered; the one that was silent the longest is forgotten first. */
const MAX_CALLERS = 10_000

/** How fast each caller may go on. Times are monotonic. */
export class RateBook {
  readonly #accounts = new Map<string, Account>()

  /** Takes `count`, also beyond what there is. Returns for how long the caller has to wait now; 0: not at all. */
  take(caller: string, rate: Rate, count: number, nowMs: number): number {
    const account = this.#settle(caller, rate, nowMs)
    account.balance -= count
    return waitMs(account, rate)
  }

  /** How long the caller would have to wait before anything is taken. */
  owed(caller: string, rate: Rate, nowMs: number): number {
    return waitMs(this.#settle(caller, rate, nowMs), rate)
  }

  #settle(caller: string, { burst, perSecond }: Rate, nowMs: number): Account {
    const account = this.#accounts.get(caller) ?? { balance: burst, atMs: nowMs }
    const earned = (Math.max(0, nowMs - account.atMs) / 1000) * perSecond
    account.balance = Math.min(burst, account.balance + earned)
    account.atMs = nowMs
    this.#accounts.delete(caller)
    this.#accounts.set(caller, account)
    if (this.#accounts.size > MAX_CALLERS) {
      const [oldest] = this.#accounts.keys()
      if (oldest !== undefined) this.#accounts.delete(oldest)
    }
    return account
  }
}

function waitMs({ balance }: Account, { perSecond }: Rate): number {
  return balance >= 0 ? 0 : Math.ceil((-balance / perSecond) * 1000)
}
