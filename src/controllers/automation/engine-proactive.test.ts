import { describe, expect, test } from 'vitest'
import {
  EACH,
  Engine,
  OLD_ZOMBIE,
  play,
  type Row,
  story,
  ZOMBIE,
} from '../../../test/world/trigger-engine.ts'
import type { Trigger } from '../../kinds/generated.ts'

const TOO_LONG: Trigger = {
  type: 'event',
  posture: 'Proactive',
  after: ['capstan.run.Running'],
  expect: ['capstan.run.Completed', 'capstan.run.Failed'],
  forEach: EACH,
  within: 600,
}

const DEAD_MAN: Trigger = {
  type: 'event',
  posture: 'Proactive',
  expect: ['capstan.run.Completed'],
  within: 100,
}

describe('proactive triggers', () => {
  const ROWS: readonly Row[] = [
    {
      why: 'when the beat fails to come, once',
      trigger: ZOMBIE,
      story: story('heartbeat@0', 'heartbeat@30', 'heartbeat@60'),
      fires: ['Triggered 150'],
    },
    {
      why: 'never for a run that goes on beating',
      trigger: ZOMBIE,
      story: Array.from({ length: 50 }, (_, i) => ({ at: i * 89, event: 'capstan.run.heartbeat' })),
      until: 49 * 89 + 80,
      fires: [],
    },
    {
      why: 'never for a run that ended',
      trigger: ZOMBIE,
      story: story('heartbeat@0', 'Completed@20'),
      fires: [],
    },
    {
      why: 'never for a run that rests',
      trigger: OLD_ZOMBIE,
      story: story('heartbeat@0', 'Suspended@20'),
      fires: [],
    },
    {
      why: 'a state event after the last beat arms it again: what was a hole',
      trigger: ZOMBIE,
      story: story('heartbeat@0', 'Running@20'),
      fires: ['Triggered 110'],
    },
    {
      why: 'never for a run that was not heard: a lease judges those',
      trigger: ZOMBIE,
      story: story('Running@0'),
      fires: [],
    },
    {
      why: 'each run by itself',
      trigger: ZOMBIE,
      story: story('heartbeat/a@0', 'heartbeat/b@0', 'heartbeat/b@60'),
      fires: ['Triggered 90', 'Triggered 150'],
    },
    {
      why: 'the same with every event named, a beat does not satisfy itself',
      trigger: OLD_ZOMBIE,
      story: story('heartbeat@0', 'heartbeat@30'),
      fires: ['Triggered 120'],
    },
    {
      why: 'is resolved by the beat that comes after all',
      trigger: ZOMBIE,
      story: story('heartbeat@0', 'heartbeat@100'),
      until: 150,
      fires: ['Triggered 90', 'Resolved 100'],
    },
    {
      why: 'what takes too long',
      trigger: TOO_LONG,
      story: story('Running@0', 'Crashed@100'),
      fires: ['Triggered 600'],
    },
    {
      why: 'not what is on time, and is not armed again by it',
      trigger: TOO_LONG,
      story: story('Running@0', 'Completed@599'),
      fires: [],
    },
    {
      why: 'resolved when it ends at last',
      trigger: TOO_LONG,
      story: story('Running@0', 'Completed@700'),
      fires: ['Triggered 600', 'Resolved 700'],
    },
    {
      why: 'from the first moment on without `after`, and once for each silence',
      trigger: DEAD_MAN,
      story: story('Completed@50', 'Completed@400'),
      until: 1_000,
      fires: ['Triggered 150', 'Resolved 400', 'Triggered 500'],
    },
    {
      why: 'fewer than the threshold',
      trigger: { ...DEAD_MAN, threshold: 2 },
      story: story('Completed@10', 'Completed@20', 'Completed@70'),
      until: 300,
      fires: ['Triggered 120'],
    },
    {
      why: 'an event that is no run and meets a wildcard satisfies as it does in Prefect',
      trigger: {
        type: 'event',
        posture: 'Proactive',
        after: ['deploy.started'],
        expect: ['deploy.*'],
        within: 60,
      },
      story: story('deploy.started@0', 'deploy.finished@30'),
      fires: [],
    },
    {
      why: 'windows below ten seconds are ten seconds',
      trigger: { ...ZOMBIE, within: 1 },
      story: story('heartbeat@0'),
      fires: ['Triggered 10'],
    },
  ]

  test.each(ROWS)('fire $why', ({ trigger, story: told, until = 10_000, fires }) => {
    expect(play(trigger, told, until)).toEqual(fires)
  })

  test('say which event was the last', () => {
    const engine = new Engine(ZOMBIE)
    for (const told of story('heartbeat@0', 'heartbeat@30')) engine.tell(told)
    engine.judge(200)
    expect(engine.firings[0]?.event?.id).toBe('event-2')
  })
})
