import { describe, expect, test } from 'vitest'
import type { RunStatus } from './run.ts'
import { forcedWishOf, type RunWish, renderWish, wishOf } from './run-wish.ts'

const WISH: RunWish = {
  type: 'CRASHED',
  name: 'Crashed',
  message: 'Silent.',
  fromAttempt: 1,
  force: false,
}

function run(annotation: string | undefined, status: RunStatus = {}) {
  const annotations = annotation === undefined ? {} : { 'capstan.dev/end-as': annotation }
  return { metadata: { annotations }, status }
}

describe('a wish', () => {
  test('is read as it was written', () => {
    expect(wishOf(run(renderWish(WISH)))).toEqual(WISH)
  })

  test.each([
    ['', 'empty'],
    ['CRASHED', 'no JSON'],
    ['null', 'no map'],
    ['{"type":"RUNNING","name":"a","message":"b","fromAttempt":1}', 'no end'],
    ['{"type":"CRASHED","name":1,"message":"b","fromAttempt":1}', 'no name'],
    ['{"type":"CRASHED","name":"a","message":"b"}', 'no attempt'],
  ])('that is %s is none: %s', (text) => {
    expect(wishOf(run(text))).toBeUndefined()
  })

  test('does not outlive a rerun', () => {
    const status: RunStatus = { rerun: { text: 'again', fromAttempt: 2 } }
    expect(wishOf(run(renderWish(WISH), status))).toBeUndefined()
    expect(wishOf(run(renderWish({ ...WISH, fromAttempt: 2 }), status))).toBeDefined()
  })

  test('changes what is over only by force, and once', () => {
    const failed: RunStatus = { state: { type: 'FAILED', name: 'Failed', timestamp: '' } }
    const crashed: RunStatus = { state: { type: 'CRASHED', name: 'Crashed', timestamp: '' } }
    const forced = renderWish({ ...WISH, force: true })
    expect(forcedWishOf(run(renderWish(WISH), failed))).toBeUndefined()
    expect(forcedWishOf(run(forced, failed))).toMatchObject({ type: 'CRASHED' })
    expect(forcedWishOf(run(forced, crashed))).toBeUndefined()
  })
})
