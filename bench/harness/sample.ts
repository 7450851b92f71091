/** What one program measured once. Times in milliseconds unless `unit` says otherwise. */
export interface Sample {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The target for `value` (bench/README.md); absent: the row is reported, not judged. */
  readonly target?: number
  readonly better: 'lower' | 'higher'
  /** CPU time of the measured process, user and system. */
  readonly cpuMs?: number
  /** Calls to AWS that were made for it. */
  readonly calls?: number
  /** 99.9th percentile of the event loop's stalls in the measured process. */
  readonly stallMs?: number
  /** Baselines of the same run, and whatever explains the value. */
  readonly beside?: Readonly<Record<string, number>>
}

/** One line of JSON: what the runner reads. */
export function report(sample: Sample): void {
  process.stdout.write(`${JSON.stringify(sample)}\n`)
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}

/** The value that a share of the numbers does not exceed. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const index = Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)
  return sorted[Math.max(0, index)] ?? Number.NaN
}

export function median(numbers: readonly number[]): number {
  return percentile(numbers, 0.5)
}
