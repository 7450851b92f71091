/** A real client of the API, and what it must be able to do. */
export interface Client {
  readonly name: string
  /** Why it cannot be asked here. */
  readonly missing?: string
  /** Names of its checks, in the order in which they build on each other. */
  readonly checks: readonly string[]
  open(): Promise<OpenClient>
}

export interface OpenClient {
  /** Rejects with what was wrong. */
  check(name: string): Promise<void>
  close(): Promise<void>
}

/** Fails with both sides and everything that may help. */
export function expectMatch(found: string, wanted: RegExp | string, shown = found): void {
  const isThere = typeof wanted === 'string' ? found.includes(wanted) : wanted.test(found)
  if (!isThere) throw new Error(`${String(wanted)} is not in ${shown}`)
}
