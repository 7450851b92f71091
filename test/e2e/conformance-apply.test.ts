import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { comparable, histories, type Outcome, playHistory } from '../conformance/apply-history.ts'

/**
 * Server-side apply against the reference implementation (sigs.k8s.io/structured-merge-diff), where Go is
 * installed and has its modules or can fetch them. Recorded cases are in src/apiserver/apply.
 */

const SOURCE = join(import.meta.dirname, '../conformance/apply-oracle')
const HISTORIES = 3_000
/** Compiling, and fetching four small modules. */
const BUILD_LIMIT_MS = 100_000

const directory = mkdtempSync(join(tmpdir(), 'capstan-oracle-'))
const oracle = join(directory, 'oracle')
const problem = build()
afterAll(() => rmSync(directory, { recursive: true }))

/** Why there is none; undefined when there is. */
function build(): string | undefined {
  const { error, status, stderr } = spawnSync('go', ['build', '-o', oracle, '.'], {
    cwd: SOURCE,
    encoding: 'utf8',
    timeout: BUILD_LIMIT_MS,
  })
  if (error) return `there is no Go: ${error.message}`
  return status === 0 ? undefined : `the reference implementation cannot be built: ${stderr}`
}

describe.runIf(problem === undefined)('agrees with the reference implementation', () => {
  test(`on ${HISTORIES} random histories`, () => {
    const seed = Number(process.env['CAPSTAN_TEST_SEED'] ?? 1)
    const played = fc.sample(histories, { numRuns: HISTORIES, seed })
    const input = played.map((history) => `${JSON.stringify(history)}\n`).join('')
    const output = execFileSync(oracle, { input, encoding: 'utf8', maxBuffer: 1 << 30 })
    const expected = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as readonly Outcome[])
    expect(expected).toHaveLength(played.length)
    for (const [index, history] of played.entries()) {
      const shown = `seed ${seed}, history ${index}: ${JSON.stringify(history)}`
      expect(playHistory(history).map(comparable), shown).toEqual(expected[index]?.map(comparable))
    }
  })
})

if (problem !== undefined) test.skip(problem, () => {})
