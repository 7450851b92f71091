import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readFaultPlan } from './read-fault-plan.ts'
import { StartProblem } from './start-problem.ts'

const RULE = { operation: 'RunTask', calls: [1], fault: { type: 'reset', effect: 'after' } }

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'faults-'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function file(text: string): string {
  const path = join(directory, 'faults.yaml')
  writeFileSync(path, text)
  return path
}

test.each([
  ['rules as JSON', () => JSON.stringify([RULE])],
  ['a map as JSON', () => ` ${JSON.stringify({ rules: [RULE] })}`],
  ['a file of JSON', () => file(JSON.stringify({ rules: [RULE] }))],
  [
    'a file of YAML',
    () =>
      file('rules:\n- operation: RunTask\n  calls: [1]\n  fault: {type: reset, effect: after}\n'),
  ],
])('a plan is %s', (_, make) => {
  expect(readFaultPlan(make())).toEqual({ rules: [RULE] })
})

test('an empty file is a plan without rules', () => {
  expect(readFaultPlan(file(''))).toEqual({ rules: [] })
})

test.each([
  ['text that is no YAML', () => '[{', '--faults:1:'],
  ['an unknown field', () => '[{"x": 1}]', '--faults: rules[0].x is unknown'],
  [
    'a file that is not there',
    () => '/nonexistent/x',
    '--faults /nonexistent/x cannot be read: ENOENT',
  ],
  [
    'a file of something else',
    () => file('kind: Run'),
    'faults.yaml: a fault plan is a list of rules',
  ],
])('%s is a problem of the start', (_, make, message) => {
  expect(() => readFaultPlan(make())).toThrow(StartProblem)
  expect(() => readFaultPlan(make())).toThrow(message)
})
