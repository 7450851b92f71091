/** `1,3-5` of ascending whole numbers, as Kubernetes writes the indexes of a Job. */
export function renderRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const value of numbers) {
    const last = ranges.at(-1)
    if (last && value === last[1] + 1) last[1] = value
    else ranges.push([value, value])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}
