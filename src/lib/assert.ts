/** Makes a `switch` over a union exhaustive at compile time, and loud at run time. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`)
}

/** States a fact that only a bug in Capstan itself can break. */
export function invariant(condition: unknown, fact: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${fact}`)
}
