import { describe, expect, test } from 'vitest'
import { play, type Row, story } from '../../../test/world/trigger-engine.ts'
import type { Trigger } from '../../kinds/generated.ts'

function on(name: string, different: Partial<Trigger> = {}): Trigger {
  return { type: 'event', expect: [`capstan.run.${name}`], ...different }
}

describe('compound and sequence triggers', () => {
  const A_AND_B: Trigger = {
    type: 'compound',
    require: 'all',
    within: 60,
    triggers: [on('A'), on('B')],
  }
  const A_THEN_B: Trigger = { type: 'sequence', within: 60, triggers: [on('A'), on('B')] }
  const ROWS: readonly Row[] = [
    {
      why: 'all, in any order',
      trigger: A_AND_B,
      story: story('B@0', 'A@50', 'B@60', 'A@70'),
      fires: ['Triggered 50', 'Triggered 70'],
    },
    {
      why: 'all, but not too far apart',
      trigger: A_AND_B,
      story: story('A@0', 'B@61', 'A@100'),
      fires: ['Triggered 100'],
    },
    {
      why: 'any: each of them',
      trigger: { ...A_AND_B, require: 'any' },
      story: story('B@0', 'A@50'),
      fires: ['Triggered 0', 'Triggered 50'],
    },
    {
      why: 'two of three',
      trigger: { type: 'compound', require: 2, triggers: [on('A'), on('B'), on('C')] },
      story: story('A@0', 'A@1', 'C@9000', 'B@9001'),
      fires: ['Triggered 9000'],
    },
    {
      why: 'a sequence in its order alone',
      trigger: A_THEN_B,
      story: story('B@0', 'A@10', 'A@20', 'B@30', 'B@40'),
      fires: ['Triggered 30'],
    },
    {
      why: 'a sequence counted from the latest beginning',
      trigger: A_THEN_B,
      story: story('A@0', 'A@50', 'B@100'),
      fires: ['Triggered 100'],
    },
    {
      why: 'a sequence that took too long is none',
      trigger: A_THEN_B,
      story: story('A@0', 'B@61'),
      fires: [],
    },
    {
      why: 'three in a row, though the first came again in between',
      trigger: { type: 'sequence', triggers: [on('A'), on('B'), on('C')] },
      story: story('A@0', 'B@1', 'A@2', 'C@3'),
      fires: ['Triggered 3'],
    },
    {
      why: 'one event is one link, though two parts wait for it',
      trigger: { type: 'sequence', triggers: [on('A'), on('A')] },
      story: story('A@0', 'A@1', 'A@2'),
      fires: ['Triggered 1'],
    },
    {
      why: 'one event may meet several parts of a compound',
      trigger: { type: 'compound', require: 'all', triggers: [on('A'), { type: 'event' }] },
      story: story('A@0'),
      fires: ['Triggered 0'],
    },
    {
      why: 'silence inside of a sequence',
      trigger: {
        type: 'sequence',
        triggers: [
          on('Failed'),
          {
            type: 'event',
            posture: 'Proactive',
            after: ['capstan.run.Failed'],
            expect: ['capstan.run.Running'],
            within: 30,
          },
        ],
      },
      story: story('Failed@0', 'Running@10', 'Failed@100'),
      fires: ['Triggered 130'],
    },
    {
      why: 'four levels deep',
      trigger: {
        type: 'compound',
        require: 'any',
        triggers: [{ type: 'sequence', triggers: [{ ...A_AND_B }, on('C')] }],
      },
      story: story('A@0', 'B@1', 'C@2'),
      fires: ['Triggered 2'],
    },
  ]

  test.each(ROWS)('fire $why', ({ trigger, story: told, until = 10_000, fires }) => {
    expect(play(trigger, told, until)).toEqual(fires)
  })
})
