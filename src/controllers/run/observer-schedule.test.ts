import { expect, test } from 'vitest'
import { AWS_PACE, observeDelayMs } from './observer-schedule.ts'

test.each([
  { name: 'a new task', ageMs: 0, stopping: false, pollIntervalMs: undefined, expected: 4_000 },
  {
    name: 'a task of a minute',
    ageMs: 60_000,
    stopping: false,
    pollIntervalMs: undefined,
    expected: 15_000,
  },
  {
    name: 'an old task',
    ageMs: 3_600_000,
    stopping: false,
    pollIntervalMs: undefined,
    expected: 45_000,
  },
  {
    name: 'an old task with a bound of its own',
    ageMs: 3_600_000,
    stopping: false,
    pollIntervalMs: 5_000,
    expected: 5_000,
  },
  {
    name: 'a bound of zero is no busy loop',
    ageMs: 3_600_000,
    stopping: false,
    pollIntervalMs: 0,
    expected: 100,
  },
  {
    name: 'a task that is being stopped',
    ageMs: 3_600_000,
    stopping: true,
    pollIntervalMs: undefined,
    expected: 4_000,
  },
])('$name is looked at again in $expected ms', ({ expected, ...task }) => {
  expect(observeDelayMs(AWS_PACE, task)).toBe(expected)
})
