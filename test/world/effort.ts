/**
 * How long the searches of unit and scenario tests are. `npm run check` looks at a part of each, to stay
 * under a minute; with CAPSTAN_TESTS=all, as in `npm test`, nothing is left out.
 */
const EVERYTHING = process.env['CAPSTAN_TESTS'] === 'all'

/** A part that still tries each kind of case: a fifth. */
const PART = 5

/** How many of `all` cases are tried, where each shows the rule by itself and more find what is rarer. */
export function someOf(all: number): number {
  return EVERYTHING ? all : Math.ceil(all / PART)
}

/** The points 1 … `last` at which a process dies: in a part the first, the last and every fifth between. */
export function pointsUpTo(last: number): readonly number[] {
  const points = Array.from({ length: last }, (_, index) => index + 1)
  return EVERYTHING ? points : points.filter((point) => point % PART === 1 || point === last)
}
