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
import { WIRE } from '../kinds/meta.ts'

const changed = desired('hello', 'a.yaml', { content: 'v2' })
const pool = desired('main', 'a.yaml', { kind: 'WorkPool' })
const changedPool = desired('main', 'a.yaml', { kind: 'WorkPool', content: 'v2' })
const poolRow = row('main', 'a.yaml', { kind: 'WorkPool' })

describe('one Run', () => {
  const cases: readonly {
    readonly name: string
    readonly world: World
    readonly expect: Partial<typeof NOTHING> | object
  }[] = [
    {
      name: 'new content is created',
      world: { files: [file('a.yaml', run)] },
      expect: { steps: ['Create hello a.yaml'] },
    },
    {
      name: 'the same content again changes nothing',
      world: {
        files: [file('a.yaml', run)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: {},
    },
    {
      name: 'content that ran and whose object went after its TTL does not come back',
      world: {
        files: [file('a.yaml', run)],
        owned: [row('hello', 'a.yaml')],
        ran: ['hello-v1'],
      },
      expect: {},
    },
    {
      name: 'content that someone deleted before it had a task does not come back',
      world: { files: [file('a.yaml', run)], owned: [row('hello', 'a.yaml')] },
      expect: {},
    },
    {
      name: 'content that ran for an earlier file is owned, not run',
      world: { files: [file('a.yaml', run)], ran: ['hello-v1'] },
      expect: { steps: ['Keep hello a.yaml'] },
    },
    {
      name: 'changed content replaces the run and waits for it to go',
      world: {
        files: [file('a.yaml', changed)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { steps: ['Replace hello a.yaml'], waiting: ['hello'], open: ['a.yaml'] },
    },
    {
      name: 'changed content waits while the old run is being stopped',
      world: {
        files: [file('a.yaml', changed)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run, { deleting: true })],
      },
      expect: { waiting: ['hello'], open: ['a.yaml'] },
    },
    {
      name: 'changed content starts when the old run is gone',
      world: { files: [file('a.yaml', changed)], owned: [row('hello', 'a.yaml')] },
      expect: { steps: ['Create hello a.yaml'] },
    },
    {
      name: 'a revert to content that ran stops what replaced it and runs nothing',
      world: {
        files: [file('a.yaml', run)],
        owned: [row('hello', 'a.yaml', { contentHash: 'v2' })],
        live: [live(changed)],
        ran: ['hello-v1'],
      },
      expect: { steps: ['Replace hello a.yaml'], waiting: ['hello'], open: ['a.yaml'] },
    },
    {
      name: 'a revert before the old run is gone starts nothing',
      world: {
        files: [file('a.yaml', run)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run, { deleting: true })],
      },
      expect: {},
    },
    {
      name: 'on-change Reject refuses changed content',
      world: {
        files: [file('a.yaml', desired('hello', 'a.yaml', { content: 'v2', onChange: 'Reject' }))],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { problems: ['ChangeRejected a.yaml'], open: ['a.yaml'] },
    },
    {
      name: 'a Run that was made through the API is left alone',
      world: {
        files: [file('a.yaml', run)],
        live: [live(run, { uid: 'other', from: undefined })],
      },
      expect: { problems: ['NameTaken a.yaml'], open: ['a.yaml'] },
    },
    {
      name: 'a Run that the folder let go (prune: false) is taken up again',
      world: { files: [file('a.yaml', run)], live: [live(run)] },
      expect: { steps: ['Keep hello a.yaml'] },
    },
    {
      name: 'cancel in the file steers the run',
      world: {
        files: [file('a.yaml', desired('hello', 'a.yaml', { spec: { cancel: true } }))],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { steps: ['Steer hello a.yaml'] },
    },
    {
      name: 'suspend that the file no longer says is taken back',
      world: {
        files: [file('a.yaml', run)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run, { spec: { suspend: true } })],
      },
      expect: { steps: ['Steer hello a.yaml'] },
    },
    {
      name: 'a cancel through the API is never taken back',
      world: {
        files: [file('a.yaml', desired('hello', 'a.yaml', { spec: { cancel: false } }))],
        owned: [row('hello', 'a.yaml')],
        live: [live(run, { spec: { cancel: true } })],
      },
      expect: {},
    },
    {
      name: 'a renamed file keeps its run',
      world: {
        files: [file('b.yaml', desired('hello', 'b.yaml'))],
        gone: ['a.yaml'],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { steps: ['Steer hello b.yaml'], handovers: ['hello v1 b.yaml'] },
    },
    {
      name: 'nothing is created in a namespace that is being deleted',
      world: { files: [file('a.yaml', run)], terminating: true },
      expect: { problems: ['NamespaceTerminating a.yaml'], open: ['a.yaml'] },
    },
  ]
  test.each(cases)('$name', ({ world, expect: expected }) => {
    expect(summary(decide(world))).toEqual({ ...NOTHING, ...expected })
  })
})

describe('one WorkPool', () => {
  const cases: readonly {
    readonly name: string
    readonly world: World
    readonly expect: object
  }[] = [
    {
      name: 'is created',
      world: { files: [file('a.yaml', pool)] },
      expect: { steps: ['Create main a.yaml'] },
    },
    {
      name: 'comes back after someone deleted it',
      world: { files: [file('a.yaml', pool)], owned: [poolRow] },
      expect: { steps: ['Create main a.yaml'] },
    },
    {
      name: 'waits while it is being deleted',
      world: {
        files: [file('a.yaml', pool)],
        owned: [poolRow],
        live: [live(pool, { deleting: true })],
      },
      expect: { waiting: ['main'], open: ['a.yaml'] },
    },
    {
      name: 'is updated when its content changed',
      world: { files: [file('a.yaml', changedPool)], owned: [poolRow], live: [live(pool)] },
      expect: { steps: ['Update main a.yaml'] },
    },
    {
      name: 'keeps what was edited through the API while the file stays',
      world: {
        files: [file('a.yaml', pool)],
        owned: [poolRow],
        live: [live(pool, { spec: { suspend: true } })],
      },
      expect: {},
    },
    {
      name: 'is what the file says after someone else made it anew',
      world: {
        files: [file('a.yaml', pool)],
        owned: [poolRow],
        live: [live(pool, { uid: 'made-itself', from: undefined })],
      },
      expect: { steps: ['Update main a.yaml'] },
    },
    {
      name: 'is taken over when it was made through the API',
      world: { files: [file('a.yaml', pool)], live: [live(pool, { uid: 'api', from: undefined })] },
      expect: { steps: ['Update main a.yaml'] },
    },
    {
      name: 'gets an annotation without its spec being touched',
      world: {
        files: [
          file(
            'a.yaml',
            desired('main', 'a.yaml', {
              kind: 'WorkPool',
              annotations: { [WIRE.annotationPrune]: 'false' },
            }),
          ),
        ],
        owned: [poolRow],
        live: [live(pool)],
      },
      expect: { steps: ['Steer main a.yaml'] },
    },
    {
      name: 'loses a directive that the file took back',
      world: {
        files: [file('a.yaml', pool)],
        owned: [poolRow],
        live: [live(pool, { annotations: { [WIRE.annotationPrune]: 'false' } })],
      },
      expect: { steps: ['Steer main a.yaml'] },
    },
    {
      name: 'keeps annotations of others',
      world: {
        files: [file('a.yaml', pool)],
        owned: [poolRow],
        live: [live(pool, { annotations: { 'example.com/team': 'blue' } })],
      },
      expect: {},
    },
  ]
  test.each(cases)('$name', ({ world, expect: expected }) => {
    expect(summary(decide(world))).toEqual({ ...NOTHING, ...expected })
  })
})
