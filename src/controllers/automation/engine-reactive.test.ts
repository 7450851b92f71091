import { describe, expect, test } from 'vitest'
import { EACH, play, type Row, story, type Told } from '../../../test/world/trigger-engine.ts'
import type { Trigger } from '../../kinds/generated.ts'

const FAILED: Trigger = { type: 'event', expect: ['capstan.run.Failed'] }

describe('reactive triggers', () => {
  const ROWS: readonly Row[] = [
    {
      why: 'every expected event, without a window',
      trigger: FAILED,
      story: story('Failed@1', 'Completed@2', 'Failed@3'),
      fires: ['Triggered 1', 'Triggered 3'],
    },
    {
      why: 'any event when nothing is expected',
      trigger: { type: 'event' },
      story: story('Failed@1', 'Completed@2'),
      fires: ['Triggered 1', 'Triggered 2'],
    },
    {
      why: 'once in a window',
      trigger: { ...FAILED, within: 60 },
      story: story('Failed@1', 'Failed@2', 'Failed@60', 'Failed@61'),
      fires: ['Triggered 1', 'Triggered 61'],
    },
    {
      why: 'when the threshold is met within the window',
      trigger: { ...FAILED, threshold: 3, within: 60 },
      story: story('Failed@0', 'Failed@30', 'Failed@59'),
      fires: ['Triggered 59'],
    },
    {
      why: 'not when it is met too late: the count begins anew',
      trigger: { ...FAILED, threshold: 3, within: 60 },
      story: story('Failed@0', 'Failed@30', 'Failed@60', 'Failed@70', 'Failed@80'),
      fires: ['Triggered 80'],
    },
    {
      why: 'after every so many without a window',
      trigger: { ...FAILED, threshold: 2 },
      story: story('Failed@0', 'Failed@1000', 'Failed@2000', 'Failed@3000'),
      fires: ['Triggered 1000', 'Triggered 3000'],
    },
    {
      why: 'each run by itself',
      trigger: { ...FAILED, threshold: 2, within: 60, forEach: EACH },
      story: story('Failed/a@0', 'Failed/b@1', 'Failed/b@2', 'Failed/a@3'),
      fires: ['Triggered 2', 'Triggered 3'],
    },
    {
      why: 'only after the event that starts it',
      trigger: { ...FAILED, after: ['capstan.run.Running'], within: 60 },
      story: story('Failed@0', 'Running@1', 'Failed@2', 'Failed@3', 'Running@4', 'Failed@70'),
      fires: ['Triggered 2'],
    },
    {
      why: 'an event that starts and is expected does not satisfy itself, the next one does',
      trigger: { ...FAILED, after: ['capstan.run.Failed'], within: 60 },
      story: story('Failed@0', 'Failed@30', 'Failed@50', 'Failed@80'),
      fires: ['Triggered 30', 'Triggered 80'],
    },
    {
      why: 'a start that comes again begins anew',
      trigger: { ...FAILED, after: ['capstan.run.Running'], threshold: 2, within: 60 },
      story: story('Running@0', 'Failed@1', 'Running@2', 'Failed@3', 'Failed@4'),
      fires: ['Triggered 4'],
    },
    {
      why: 'the names and the wildcards of Prefect',
      trigger: {
        type: 'event',
        expect: ['prefect.flow-run.F*'],
        match: { 'prefect.resource.id': 'prefect.flow-run.*' },
      },
      story: story('Failed@1', 'Completed@2', 'Finished@3'),
      fires: ['Triggered 1', 'Triggered 3'],
    },
  ]

  test.each(ROWS)('fire $why', ({ trigger, story: told, until = 10_000, fires }) => {
    expect(play(trigger, told, until)).toEqual(fires)
  })
})

describe('what an event must be', () => {
  const base: Told = {
    at: 0,
    event: 'capstan.run.Failed',
    labels: { 'capstan.resource.name': 'etl-1', 'capstan.state-type': 'FAILED' },
    related: [
      {
        'capstan.resource.id': 'capstan.deployment.7',
        'capstan.resource.role': 'deployment',
        'capstan.resource.name': 'etl',
      },
      { 'capstan.resource.id': 'capstan.run.p', 'capstan.resource.role': 'run' },
      { 'capstan.resource.id': 'capstan.tag.nightly', 'capstan.resource.role': 'tag' },
    ],
  }

  test.each<readonly [Partial<Trigger>, boolean, string]>([
    [{}, true, 'no filter'],
    [{ match: {} }, true, 'an empty one'],
    [{ match: { 'capstan.resource.name': 'etl-1' } }, true, 'a value'],
    [{ match: { 'capstan.resource.name': 'etl' } }, false, 'the whole of it'],
    [{ match: { 'capstan.resource.name': 'etl*' } }, true, 'a beginning'],
    [{ match: { 'capstan.resource.name': ['x', 'etl-1'] } }, true, 'one of several'],
    [{ match: { 'capstan.resource.name': [] } }, false, 'one of none'],
    [{ match: { 'capstan.resource.name': '!etl-1' } }, false, 'all but'],
    [{ match: { 'capstan.resource.name': '!x' } }, true, 'all but another'],
    [
      { match: { 'capstan.resource.name': ['etl*', '!etl-1'] } },
      false,
      'a beginning, but not this',
    ],
    [
      { match: { 'capstan.resource.name': ['etl*', '!etl-2*'] } },
      true,
      'a beginning, but not that',
    ],
    [{ match: { 'capstan.resource.name': '*' } }, true, 'any'],
    [{ match: { missing: '*' } }, false, 'a label that is not there'],
    [{ match: { missing: '!x' } }, false, 'a label that is not there, negated'],
    [{ match: { 'capstan.resource.name': 'etl-1', 'capstan.state-type': 'X' } }, false, 'both'],
    [{ match: { 'prefect.state-type': 'FAILED' } }, true, 'a label of Prefect'],
    [{ match: { 'prefect.resource.id': 'prefect.flow-run.a' } }, true, 'an id of Prefect'],
    [{ match: { 'prefect.resource.id': '!prefect.flow-run.*' } }, false, 'not an id of Prefect'],
    [{ match: { 'capstan.resource.id': 'prefect*' } }, true, 'a short beginning of Prefect'],
    [{ matchRelated: { 'capstan.resource.role': 'deployment' } }, true, 'something related'],
    [{ matchRelated: { 'prefect.resource.role': 'flow-run' } }, true, 'a role of Prefect'],
    [
      { matchRelated: { 'prefect.resource.role': 'deployment', 'prefect.resource.name': 'etl' } },
      true,
      'both of one related resource',
    ],
    [
      { matchRelated: { 'prefect.resource.role': 'tag', 'prefect.resource.name': 'etl' } },
      false,
      'both of two related resources',
    ],
    [
      {
        matchRelated: [
          { 'prefect.resource.role': 'deployment' },
          { 'prefect.resource.id': 'prefect.tag.nightly' },
        ],
      },
      true,
      'each of two filters',
    ],
    [
      {
        matchRelated: [
          { 'prefect.resource.role': 'deployment' },
          { 'prefect.resource.id': 'prefect.tag.hourly' },
        ],
      },
      false,
      'one of two filters',
    ],
  ])('%j: %s (%s)', (filter, fires) => {
    expect(play({ type: 'event', ...filter }, [base], 1)).toEqual(fires ? ['Triggered 0'] : [])
  })

  test('for each related resource of a role', () => {
    const of = (name: string, at: number): Told => ({
      at,
      event: 'capstan.run.Failed',
      related: [
        {
          'capstan.resource.id': 'x',
          'capstan.resource.role': 'deployment',
          'capstan.resource.name': name,
        },
      ],
    })
    const trigger: Trigger = {
      ...FAILED,
      threshold: 2,
      within: 600,
      forEach: ['related:deployment:prefect.resource.name'],
    }
    expect(play(trigger, [of('a', 0), of('b', 1), of('b', 2)], 3)).toEqual(['Triggered 2'])
  })
})
