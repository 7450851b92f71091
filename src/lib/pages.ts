/** The items in order, cut into chunks of at most `size`. */
export function* inChunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

/** Pages of `limit` rows, one after the other; `read` gives those after `last`, and the first ones without it. */
export function* inPages<T>(
  limit: number,
  read: (last: T | undefined) => readonly T[],
): Generator<readonly T[]> {
  for (let last: T | undefined; ; ) {
    const page = read(last)
    yield page
    last = page.at(-1)
    if (page.length < limit) return
  }
}
