import type { ObjectKey } from '../../kinds/meta.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Store } from '../../store/types.ts'
import type { OwnCommits } from '../own-commits.ts'

/** Some milliseconds of the event loop. Most pages that a commit writes are the same for all; more save little. */
const MOST = 8

export interface SharedCommitsDeps {
  readonly store: Pick<Store, 'together'>
  readonly clock: Clock
  readonly own: OwnCommits
}

interface Waiting<T> {
  readonly key: ObjectKey
  /** Whole, synchronous, and through transactions of the store alone. */
  readonly work: () => T
  readonly resolve: (result: T) => void
  readonly reject: (error: unknown) => void
}

/**
 * Steps of several runs in one commit: those that are ready within one turn of the event loop. Each is decided in the
 * world that the one before it has left in the store, and nobody acts on any before all are committed.
 *
 * - What listeners of the store keep in memory is behind within a commit. `mayShare` says of which runs no
 *   decision looks at that; it is asked again right before the commit, and the others commit by themselves after it.
 * - Who is alone waits for nobody.
 */
export class SharedCommits<T> {
  readonly #deps: SharedCommitsDeps
  readonly #mayShare: (key: ObjectKey) => boolean
  /** Reconciles under way, most of which wait for AWS. */
  #underWay = 0
  #waiting: Waiting<T>[] = []
  #cancel = (): void => {}

  constructor(deps: SharedCommitsDeps, mayShare: (key: ObjectKey) => boolean) {
    this.#deps = deps
    this.#mayShare = mayShare
  }

  /** For as long as `reconcile` lasts, others wait for its steps. */
  async during<Result>(reconcile: () => Promise<Result>): Promise<Result> {
    this.#underWay += 1
    try {
      return await reconcile()
    } finally {
      this.#underWay -= 1
    }
  }

  /** Gives what `work` gives, or throws what it throws, after it was committed: at once, or with others. */
  commit(key: ObjectKey, work: () => T): T | Promise<T> {
    if (this.#underWay <= 1 || !this.#mayShare(key)) return this.#deps.own.during(key, work)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, work, resolve, reject })
      if (this.#waiting.length >= MOST) this.#commitAll()
      else if (this.#waiting.length === 1) {
        this.#cancel = this.#deps.clock.after(0, () => this.#commitAll())
      }
    })
  }

  #commitAll(): void {
    this.#cancel()
    const waiting = this.#waiting
    this.#waiting = []
    const isShared = waiting.map(({ key }) => this.#mayShare(key))
    this.#commitTogether(waiting.filter((_, index) => isShared[index]))
    for (const [index, one] of waiting.entries()) if (!isShared[index]) this.#commitAlone(one)
  }

  #commitTogether(all: readonly Waiting<T>[]): void {
    const keys = all.map(({ key }) => key)
    const works = all.map(({ work }) => work)
    try {
      const results = this.#deps.own.during(keys, () => this.#deps.store.together(works))
      for (const [index, result] of results.entries()) {
        const one = all[index]
        if (one) settle(one, result)
      }
    } catch (error) {
      for (const { reject } of all) reject(error)
    }
  }

  #commitAlone(one: Waiting<T>): void {
    settle(one, () => this.#deps.own.during(one.key, one.work))
  }
}

function settle<T>({ resolve, reject }: Waiting<T>, result: () => T): void {
  try {
    resolve(result())
  } catch (error) {
    reject(error)
  }
}
