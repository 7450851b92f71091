import { describe, expect, test } from 'vitest'
import { StoreUnusable } from '../store/errors.ts'
import { explainStart, isExplained, StartProblem } from './start-problem.ts'

const systemError = (code: string): Error =>
  Object.assign(new Error(`listen ${code}: address already in use 127.0.0.1:1`), { code })

function didNotStart(cause: Error): Error {
  return new Error(`API did not start: ${cause.message}`, { cause })
}

describe('a start that failed', () => {
  test.each([
    [new StartProblem('name another folder'), 'name another folder'],
    [
      new StartProblem('name another port', { cause: systemError('EADDRINUSE') }),
      'name another port',
    ],
    [new StoreUnusable('Full', 'free some space'), 'free some space'],
    [systemError('EADDRINUSE'), 'listen EADDRINUSE: address already in use 127.0.0.1:1'],
  ])(
    'that a person can mend is one line, however often it was passed on: %s',
    (error, sentence) => {
      for (const thrown of [error, didNotStart(error), didNotStart(didNotStart(error))]) {
        expect(explainStart(thrown)).toBe(`error: ${sentence}\n`)
        expect(isExplained(thrown)).toBe(true)
      }
    },
  )

  test('that nobody foresaw has one stack: of where it happened', () => {
    const cause = new TypeError('x is not a function')
    cause.stack =
      'TypeError: x is not a function\n    at happened (file.ts:1:1)\n    at next (file.ts:2:2)'
    const text = explainStart(didNotStart(cause))
    expect(text).toBe(
      'error: Capstan failed: API did not start: x is not a function\n    at happened (file.ts:1:1)\n    at next (file.ts:2:2)\n',
    )
    expect(isExplained(cause)).toBe(false)
  })

  test('that threw something else is that text', () => {
    expect(explainStart('no')).toBe('error: Capstan failed: no\n')
  })
})
