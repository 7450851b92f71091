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
