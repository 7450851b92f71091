import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Summary } from './summary.ts'

const PATH = join(import.meta.dirname, '../medians.json')

/** Slower than the stored median by more than this is a regression (as Kueue's gate). */
const TOLERANCE = 0.2

type Stored = Readonly<Record<string, { readonly cpuMs?: number; readonly calls?: number }>>

/** What got worse, in a sentence each: CPU time and calls, which say something on a busy machine too. */
export function regressions(rows: readonly Summary[]): readonly string[] {
  const stored = JSON.parse(readFileSync(PATH, 'utf8')) as Stored
  return rows.flatMap((row) =>
    (['cpuMs', 'calls'] as const).flatMap((member) => {
      const [before, now] = [stored[row.name]?.[member], row[member]]
      if (before === undefined || now === undefined || now <= before * (1 + TOLERANCE)) return []
      return [`${row.name}: ${member} ${now}, and ${before} is the stored median`]
    }),
  )
}

export function storeMedians(rows: readonly Summary[]): void {
  const before = JSON.parse(readFileSync(PATH, 'utf8')) as Stored
  const now = rows.flatMap(({ name, cpuMs, calls }) => {
    if (cpuMs === undefined && calls === undefined) return []
    const row = { ...(cpuMs !== undefined && { cpuMs }), ...(calls !== undefined && { calls }) }
    return [[name, row] as const]
  })
  const all = { ...before, ...Object.fromEntries(now) }
  writeFileSync(PATH, `${JSON.stringify(all, undefined, 2)}\n`)
}
