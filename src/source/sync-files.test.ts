import { describe, expect, test } from 'vitest'
import {
  decide,
  desired,
  file,
  live,
  NOTHING,
  row,
  run,
  summary,
  type World,
} from '../../test/world/sync-world.ts'
import type { ReadFile } from './desired.ts'

function badFile(path: string): ReadFile {
  const problem = {
    code: 'InvalidYaml',
    file: path,
    line: 1,
    column: 1,
    message: 'broken',
  } as const
  return { path, stat: 's', hash: 'h', objects: [], problems: [problem] }
}

describe('several files', () => {
  const inB = desired('hello', 'b.yaml', { content: 'v2' })
  const changed = desired('hello', 'a.yaml', { content: 'v2' })
  const kept = desired('kept', 'a.yaml')
  const cases: readonly {
    readonly name: string
    readonly world: World
    readonly expect: object
  }[] = [
    {
      name: 'the first by path speaks for a new object',
      world: { files: [file('a.yaml', run), file('b.yaml', inB)] },
      expect: { steps: ['Create hello a.yaml'], problems: ['Claimed b.yaml'], open: ['b.yaml'] },
    },
    {
      name: 'the present owner keeps it, whatever its path',
      world: {
        files: [file('a.yaml', run), file('b.yaml', inB)],
        owned: [row('hello', 'b.yaml', { contentHash: 'v2' })],
        live: [live(inB, { from: 'b.yaml' })],
      },
      expect: { problems: ['Claimed a.yaml'], open: ['a.yaml'] },
    },
    {
      name: 'an owner that was not looked at keeps it',
      world: {
        files: [file('b.yaml', inB)],
        ownedElsewhere: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { problems: ['Claimed b.yaml'], open: ['b.yaml'] },
    },
    {
      name: 'an owner that can no longer be read keeps it',
      world: {
        files: [badFile('a.yaml'), file('b.yaml', inB)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { problems: ['Claimed b.yaml'], open: ['b.yaml'] },
    },
    {
      name: 'an owner that no longer names it hands it over',
      world: {
        files: [file('a.yaml'), file('b.yaml', desired('hello', 'b.yaml'))],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { steps: ['Steer hello b.yaml'], handovers: ['hello v1 b.yaml'] },
    },
    {
      name: 'a file that is gone hands over at once what has to wait, with the content that it had',
      world: {
        files: [file('b.yaml', inB)],
        gone: ['a.yaml'],
        owned: [row('hello', 'a.yaml')],
        live: [live(run, { deleting: true })],
      },
      expect: { handovers: ['hello v1 b.yaml'], waiting: ['hello'], open: ['b.yaml'] },
    },
    {
      name: 'another folder keeps it',
      world: {
        files: [file('a.yaml', run)],
        ownedElsewhere: [row('hello', 'x.yaml', { source: '/srv/other' })],
        live: [live(run, { from: undefined })],
      },
      expect: { problems: ['Claimed a.yaml'], open: ['a.yaml'] },
    },
    {
      name: 'another folder that is no longer followed hands it over',
      world: {
        files: [file('a.yaml', changed, kept)],
        ownedElsewhere: [
          row('hello', 'a.yaml', { source: '/srv/other' }),
          row('kept', 'x.yaml', { source: '/srv/other' }),
        ],
        live: [live(run, { from: undefined }), live(kept, { from: undefined })],
        forsaken: ['/srv/other'],
      },
      expect: {
        steps: ['Replace hello a.yaml', 'Steer kept a.yaml'],
        handovers: ['hello v1 a.yaml', 'kept v1 a.yaml'],
        waiting: ['hello'],
        open: ['a.yaml'],
      },
    },
    {
      name: 'a bad file keeps its last good objects',
      world: { files: [badFile('a.yaml')], owned: [row('hello', 'a.yaml')], live: [live(run)] },
      expect: {},
    },
    {
      name: 'objects of a file that is gone, and those that a file dropped, are orphans',
      world: {
        files: [file('b.yaml', desired('kept', 'b.yaml'))],
        gone: ['a.yaml'],
        owned: [row('hello', 'a.yaml'), row('kept', 'b.yaml'), row('dropped', 'b.yaml')],
        live: [live(run), live(desired('kept', 'b.yaml'), { from: 'b.yaml' })],
      },
      expect: { orphans: ['hello', 'dropped'] },
    },
    {
      name: 'what others refer to comes first',
      world: {
        files: [
          file('a.yaml', run),
          file('b.yaml', desired('nightly', 'b.yaml', { kind: 'Deployment' })),
          file('c.yaml', desired('main', 'c.yaml', { kind: 'WorkPool' })),
        ],
      },
      expect: {
        steps: ['Create main c.yaml', 'Create nightly b.yaml', 'Create hello a.yaml'],
      },
    },
  ]
  test.each(cases)('$name', ({ world, expect: expected }) => {
    expect(summary(decide(world))).toEqual({ ...NOTHING, ...expected })
  })

  test('a problem names both places and the way out', () => {
    const plan = decide({ files: [file('a.yaml', run), file('b.yaml', inB)] })
    expect(plan.problems).toEqual([
      {
        code: 'Claimed',
        file: 'b.yaml',
        line: 3,
        column: 1,
        message: 'Run/default/hello is already defined in /srv/manifests/a.yaml:3',
        hint: 'remove one of the two, or give one of them another name',
      },
    ])
  })
})
