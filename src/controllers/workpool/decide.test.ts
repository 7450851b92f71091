import { describe, expect, test } from 'vitest'
import { NOON } from '../../../test/world/builders.ts'
import type { WorkPoolSpec } from '../../kinds/generated.ts'
import { API_VERSION } from '../../kinds/meta.ts'
import { isoTime } from '../../lib/instant.ts'
import type { Place } from '../run-place.ts'
import { decideWorkPool, type WorkPoolWorld } from './decide.ts'

function place(name: string, different: Partial<Place> = {}): Place {
  return {
    id: name,
    name,
    queue: 'default',
    priority: 0,
    createdAt: isoTime(NOON),
    tasks: 1,
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
    waiting: new Map(),
    called: [],
    closed: undefined,
    ...different,
  }
}

describe('a pool', () => {
  test('wakes those whose turn has come, in the order of the line', () => {
    const called = [place('early'), place('late')]
    const waiting = new Map([['default', 3]])
    const { wake, status } = decideWorkPool(world({}, { called, waiting }), undefined, NOON)
    expect(wake.map(({ name }) => name)).toEqual(['early', 'late'])
    expect(status).toMatchObject({ observedGeneration: 4, active: 0, queued: 3 })
  })

  test.each([
    ['suspended', world({ suspend: true }), 'True'],
    ['on hold', world({ stopPolicy: 'Hold' }), 'True'],
    ['in a Deny window', world({}, { closed: { why: 'Closed.', untilMs: NOON } }), 'False'],
  ])('that is %s wakes nobody', (_, at, suspended) => {
    const open = { ...at, called: [place('a')] }
    const { wake, status } = decideWorkPool(open, undefined, NOON)
    expect(wake).toEqual([])
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Suspended', status: suspended }),
    )
  })

  test('shows what its quota and its queues hold', () => {
    const spec: WorkPoolSpec = { quota: { vcpu: 8 }, queues: [{ name: 'fast' }] }
    const used = [{ queue: 'fast', tasks: 3, cpuUnits: 1536, memoryMib: 3072 }]
    const waiting = new Map([['fast', 1]])
    const { status } = decideWorkPool(world(spec, { used, waiting }), undefined, NOON)
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
