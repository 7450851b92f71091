import { describe, expect, test } from 'vitest'
import { NOON } from '../../../test/world/builders.ts'
import type { WorkPoolSpec } from '../../kinds/generated.ts'
import { API_VERSION } from '../../kinds/meta.ts'
import { isoTime } from '../../lib/instant.ts'
import type { Turn } from '../line.ts'
import type { Place } from '../run-place.ts'
import { decideWorkPool, type WorkPoolWorld } from './decide.ts'

function place(name: string, different: Partial<Place> = {}): Place {
  return {
    id: name,
    name,
    key: { kind: 'Run', namespace: 'default', name } as const,
    queue: 'default',
    priority: 0,
    createdAt: isoTime(NOON),
    tasks: 1,
    size: () => ({ cpuUnits: 1024, memoryMib: 2048 }),
    group: undefined,
    holdsGroup: false,
    generation: 1,
    stage: 'Contender' as const,
    dependsOn: undefined,
    preparingSinceMs: undefined,
    ...different,
  }
}

function world(spec: WorkPoolSpec, different: Partial<WorkPoolWorld> = {}): WorkPoolWorld {
  return {
    pool: {
      apiVersion: API_VERSION,
      kind: 'WorkPool',
      metadata: {
        name: 'etl',
        namespace: 'default',
        uid: 'uid',
        resourceVersion: '1',
        generation: 4,
        creationTimestamp: isoTime(NOON),
      },
      spec,
    },
    used: [],
    places: [],
    turns: new Map(),
    closed: undefined,
    ...different,
  }
}

const GO = { type: 'Go', tasks: 1 } as const
const WAIT = { type: 'Wait', why: 'Waits.', ahead: 1 } as const

describe('a pool', () => {
  test('wakes those whose turn has come, in the order of the line', () => {
    const places = [place('late', { createdAt: isoTime(NOON + 1) }), place('early'), place('last')]
    const turns = new Map<string, Turn>([
      ['early', GO],
      ['late', GO],
      ['last', WAIT],
    ])
    const { wake, status } = decideWorkPool(world({}, { places, turns }), undefined, NOON)
    expect(wake.map(({ name }) => name)).toEqual(['early', 'late'])
    expect(status).toMatchObject({ observedGeneration: 4, active: 0, queued: 3 })
  })

  test('wakes those who are to be cancelled, so that they are', () => {
    const turns = new Map([['a', { type: 'Cancel', why: 'Full.' } as const]])
    expect(
      decideWorkPool(world({}, { places: [place('a')], turns }), undefined, NOON).wake,
    ).toHaveLength(1)
  })

  test.each([
    ['suspended', world({ suspend: true }), 'True'],
    ['on hold', world({ stopPolicy: 'Hold' }), 'True'],
    ['in a Deny window', world({}, { closed: { why: 'Closed.', untilMs: NOON } }), 'False'],
  ])('that is %s wakes nobody', (_, at, suspended) => {
    const open = { ...at, places: [place('a')], turns: new Map([['a', GO]]) }
    const { wake, status } = decideWorkPool(open, undefined, NOON)
    expect(wake).toEqual([])
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Suspended', status: suspended }),
    )
  })

  test('shows what its quota and its queues hold', () => {
    const spec: WorkPoolSpec = { quota: { vcpu: 8 }, queues: [{ name: 'fast' }] }
    const used = [{ queue: 'fast', tasks: 3, cpuUnits: 1536, memoryMib: 3072 }]
    const places = [place('a', { queue: 'fast' }), place('b', { stage: 'Active' })]
    const { status } = decideWorkPool(world(spec, { used, places }), undefined, NOON)
    expect(status).toMatchObject({
      active: 3,
      replicas: 3,
      queued: 1,
      quotaUsed: { tasks: 3, vcpu: 1.5, memoryGiB: 3 },
      queues: [
        { name: 'fast', active: 3, queued: 1 },
        { name: 'default', active: 0, queued: 0 },
      ],
    })
  })

  test('whose account cannot be used says so', () => {
    const { status } = decideWorkPool(world({}), 'no region is configured', NOON)
    expect(status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Ready',
        status: 'False',
        message: 'no region is configured',
      }),
    )
  })
})
