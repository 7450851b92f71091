import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { Outbound } from './outbound.ts'

/** As much of an answer as is looked at. */
class Answer extends EventEmitter {
  readonly name: string
  writableLength: number
  destroyed = false
  constructor(name: string, held: number) {
    super()
    this.name = name
    this.writableLength = held
  }
  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

function play(outbound: Outbound, ...held: readonly number[]): readonly Answer[] {
  const answers = held.map((bytes, index) => new Answer(String(index), bytes))
  for (const answer of answers) outbound.add(answer as unknown as ServerResponse)
  return answers
}

const cutOf = (answers: readonly Answer[]) =>
  answers.filter(({ destroyed }) => destroyed).map(({ name }) => name)

test('those that hold the most are cut until it is little enough', () => {
  const outbound = new Outbound(100, 75)
  const answers = play(outbound, 10, 40, 20, 50)
  outbound.wrote(100)
  expect(cutOf(answers)).toEqual(['3'])
  const more = play(outbound, 31)
  outbound.wrote(100)
  expect([...cutOf(answers), ...cutOf(more)]).toEqual(['1', '3'])
})

test('nobody is cut while it is within the bound', () => {
  const outbound = new Outbound(100, 75)
  const answers = play(outbound, 60, 40)
  outbound.wrote(1_000)
  expect(cutOf(answers)).toEqual([])
})

test('answers that have ended count no more', () => {
  const outbound = new Outbound(100, 75)
  const [ended, ...others] = play(outbound, 90, 30)
  ended?.emit('close')
  outbound.wrote(1_000)
  expect(cutOf(others)).toEqual([])
})
