import { median, round, type Sample } from './sample.ts'

/** What several runs of a program came to. */
export interface Summary extends Sample {
  readonly min: number
  readonly max: number
  readonly times: number
  readonly pass?: boolean
  readonly machine: string
  readonly commit: string
}

/** Medians of samples of the same name, in the order in which names first came. */
export function summarize(
  samples: readonly Sample[],
  origin: Pick<Summary, 'machine' | 'commit'>,
): readonly Summary[] {
  return [...Map.groupBy(samples, ({ name }) => name).values()].flatMap((group) => {
    const [first] = group
    if (!first) return []
    const values = group.map(({ value }) => value)
    const value = median(values)
    return {
      ...first,
      value,
      min: Math.min(...values),
      max: Math.max(...values),
      times: group.length,
      ...(first.target !== undefined && { pass: isMet(first, first.target, value) }),
      ...middle(group, 'cpuMs'),
      ...middle(group, 'calls'),
      ...middle(group, 'stallMs'),
      ...besides(group),
      ...origin,
    }
  })
}

function isMet({ better }: Sample, target: number, value: number): boolean {
  return better === 'higher' ? value >= target : value <= target
}

function middle(group: readonly Sample[], member: 'cpuMs' | 'calls' | 'stallMs'): Partial<Sample> {
  const values = group.flatMap((sample) => sample[member] ?? [])
  return values.length === 0 ? {} : { [member]: median(values) }
}

function besides(group: readonly Sample[]): Partial<Sample> {
  const names = [...new Set(group.flatMap(({ beside = {} }) => Object.keys(beside)))]
  if (names.length === 0) return {}
  const medians = names.map((name) => {
    const values = group.flatMap(({ beside = {} }) => beside[name] ?? [])
    return [name, round(median(values), 4)] as const
  })
  return { beside: Object.fromEntries(medians) }
}

/** As it stands in README.md. */
export function renderTable(rows: readonly Summary[]): string {
  const lines = rows.map((row) => {
    const { name, value, min, max, unit, target, pass, cpuMs, stallMs, times } = row
    const verdict = pass === undefined ? '' : pass ? 'met' : 'missed'
    return `| ${[name, value, `${min} – ${max}`, unit, target ?? '', verdict, cpuMs ?? '', stallMs ?? '', times, beside(row)].join(' | ')} |`
  })
  return [
    '| row | median | min – max | unit | target | | CPU ms | stall p99.9 ms | runs | beside it |',
    '| --- | --: | --- | --- | --: | --- | --: | --: | --: | --- |',
    ...lines,
  ].join('\n')
}

function beside(row: Summary): string {
  return Object.entries(row.beside ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
