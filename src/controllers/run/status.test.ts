import { expect, test } from 'vitest'
import { aLaunched, anEnded } from '../../../test/world/builders.ts'
import type { RunStatus } from '../../kinds/run.ts'
import type { AttemptRow } from '../../store/types.ts'
import { attemptStatuses, withLastLines } from './status.ts'

const LOGS = {
  streamOutput: false,
  containers: [{ container: 'main', group: 'g', prefix: 'default/hello' }],
}

test.each<[string, AttemptRow, string | undefined]>([
  ['known', aLaunched({}, { logs: LOGS }), 'default/hello/main/task-1'],
  ['unknown without logs', aLaunched(), undefined],
  ['unknown for another container', aLaunched({}, { logs: LOGS, containerName: 'x' }), undefined],
])('the log stream of an attempt is %s', (_, row, expected) => {
  expect(attemptStatuses([row])[0]?.logStream).toBe(expected)
})

test.each<[readonly string[], readonly string[] | undefined]>([
  [['main'], undefined],
  [
    ['proxy', 'main', 'web'],
    ['main', 'proxy', 'web'],
  ],
])('of the containers %j a status names %j', (names, expected) => {
  const containers = names.map((name) => ({ name }))
  const row = aLaunched({ containers })
  expect(attemptStatuses([row])[0]?.containers).toEqual(expected)
})

const failed = anEnded('ExitNonZero')
const before: RunStatus = { attempts: attemptStatuses([failed]), exitCode: 1 }

test.each<[string, RunStatus, AttemptRow, readonly string[] | undefined]>([
  ['are not known yet', before, failed, undefined],
  ['are none', before, { ...failed, lastLines: [] }, undefined],
  ['have come', before, { ...failed, lastLines: ['boom'] }, ['boom']],
  [
    'are there already',
    { attempts: attemptStatuses([{ ...failed, lastLines: ['boom'] }]) },
    { ...failed, lastLines: ['boom'] },
    ['boom'],
  ],
])('last lines of a finished run that %s', (_, status, row, expected) => {
  const after = withLastLines(status, [row])
  expect(after.attempts?.[0]?.lastLines).toEqual(expected)
  expect({ ...after, attempts: [] }).toEqual({ ...status, attempts: [] })
  expect(withLastLines(after, [row])).toBe(after)
})
