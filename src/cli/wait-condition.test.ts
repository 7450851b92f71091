import { expect, test } from 'vitest'
import type { ApiObject } from './objects.ts'
import { isMet, parseWaitCondition } from './wait-condition.ts'

const RUN: ApiObject = {
  apiVersion: 'capstan.dev/v1',
  kind: 'Run',
  metadata: { name: 'hello', generation: 2 },
  status: {
    exitCode: 0,
    state: { type: 'COMPLETED' },
    attempts: [{ number: 1 }, { number: 2 }],
    conditions: [
      { type: 'Complete', status: 'True', observedGeneration: 2 },
      { type: 'Reconciling', status: 'True', observedGeneration: 1 },
      { type: 'Failed', status: 'False' },
    ],
  },
}

test.each<[string, ApiObject | undefined, boolean]>([
  ['condition=Complete', RUN, true],
  ['condition=complete', RUN, true],
  ['condition=Complete=true', RUN, true],
  ['condition=Complete=False', RUN, false],
  ['condition=Failed', RUN, false],
  ['condition=Failed=false', RUN, true],
  ['condition=Missing', RUN, false],
  ['condition=Reconciling', RUN, false],
  ['condition=Complete', undefined, false],
  ['delete', undefined, true],
  ['delete', RUN, false],
  ['create', RUN, true],
  ['create', undefined, false],
  ['jsonpath={.status.exitCode}=0', RUN, true],
  ['jsonpath={.status.exitCode}=1', RUN, false],
  ["jsonpath='{.status.state.type}'=COMPLETED", RUN, true],
  ['jsonpath=.status.state.type=COMPLETED', RUN, true],
  ['jsonpath={.status.state.type}="COMPLETED"', RUN, true],
  ['jsonpath={.status.exitCode}', RUN, true],
  ['jsonpath={.status.missing}', RUN, false],
  ['jsonpath={.status.conditions[?(@.type=="Complete")].status}=True', RUN, true],
])('%s of %o is %s', (text, object, expected) => {
  expect(isMet(parseWaitCondition(text), object)).toBe(expected)
})

test.each<[string, string]>([
  ['ready', 'unrecognized condition: "ready"'],
  ['condition=', 'unrecognized condition'],
  ['jsonpath={.a}=', 'has to have a value'],
])('%s is refused', (text, message) => {
  expect(() => parseWaitCondition(text)).toThrow(message)
})

test.each<[string, string]>([
  ['jsonpath={.status.attempts[*].number}=1', 'matches more than one value'],
  ['jsonpath={.status.state}=x', 'nested object'],
])('%s cannot be compared', (text, message) => {
  expect(() => isMet(parseWaitCondition(text), RUN)).toThrow(message)
})
