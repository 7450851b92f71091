import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WorkPoolSpec } from '../kinds/generated.ts'
import {
  type Contender,
  callUp,
  type Group,
  inLine,
  type Room,
  type TaskSize,
  type Turn,
} from './line.ts'

interface Sized extends Contender {
  readonly size: TaskSize
}

function contender(name: string, different: Partial<Sized> = {}): Sized {
  return {
    id: name,
    name,
    queue: 'default',
    priority: 0,
    createdAt: `2026-01-15T12:00:0${name.length}Z`,
    tasks: 1,
    size: { cpuUnits: 1024, memoryMib: 2048 },
    group: undefined,
    holdsGroup: false,
    ...different,
  }
}

function room(spec: WorkPoolSpec, different: Partial<Room<Sized>> = {}): Room<Sized> {
  const sizeOf = ({ size }: Sized) => size
  return { name: 'etl', spec, used: [], active: () => 0, sizeOf, isPlain: false, ...different }
}

function used(tasks: number, queue = 'default') {
  return [{ queue, tasks, cpuUnits: tasks * 1024, memoryMib: tasks * 2048 }]
}

/** `name: Go 1` or `name: the sentence`. */
function called(at: Room<Sized>, contenders: readonly Sized[]): readonly string[] {
  const order = inOrder(at.spec, contenders)
  const { turnOf } = callUp(at, order)
  return order.map((one) => `${one.id}: ${text(turnOf(one))}`)
}

function inOrder(spec: WorkPoolSpec, contenders: readonly Sized[]): readonly Sized[] {
  return contenders.toSorted(inLine(spec))
}

function text(turn: Turn): string {
  if (turn.type === 'Go') return `Go ${turn.tasks}`
  return turn.type === 'Cancel' ? `Cancel. ${turn.why}` : turn.why
}

const GROUP: Group = { id: 'deployment/d', name: 'Deployment d', limit: 1, policy: 'Enqueue' }

describe('a line', () => {
  interface Case {
    readonly name: string
    readonly at: Room<Sized>
    readonly contenders: readonly Sized[]
    readonly expect: readonly string[]
  }
  const cases: readonly Case[] = [
    {
      name: 'without limits lets everyone go',
      at: room({}),
      contenders: [contender('a'), contender('b')],
      expect: ['a: Go 1', 'b: Go 1'],
    },
    {
      name: 'of a pool with slots serves the older first and counts who is before',
      at: room({ concurrencyLimit: 3 }, { used: used(2) }),
      contenders: [contender('ccc'), contender('a'), contender('bb')],
      expect: [
        'a: Go 1',
        'bb: Waits, behind 1 run: 3 of 3 slots of WorkPool etl are taken.',
        'ccc: Waits, behind 2 runs: 3 of 3 slots of WorkPool etl are taken.',
      ],
    },
    {
      name: 'of a pool that is over its lowered limit lets nobody go',
      at: room({ concurrencyLimit: 1 }, { used: used(3) }),
      contenders: [contender('a')],
      expect: ['a: Waits, it is next: 3 of 1 slots of WorkPool etl are taken.'],
    },
    {
      name: 'serves the higher run priority first',
      at: room({ concurrencyLimit: 1 }),
      contenders: [contender('a'), contender('bb', { priority: 5 })],
      expect: ['bb: Go 1', 'a: Waits, behind 1 run: 1 of 1 slots of WorkPool etl are taken.'],
    },
    {
      name: 'serves queue 1 before run priorities count',
      at: room({ concurrencyLimit: 1, queues: [{ name: 'fast' }, { name: 'slow', priority: 9 }] }),
      contenders: [
        contender('a', { queue: 'slow', priority: 100 }),
        contender('bb', { queue: 'fast' }),
      ],
      expect: ['bb: Go 1', 'a: Waits, behind 1 run: 1 of 1 slots of WorkPool etl are taken.'],
    },
    {
      name: 'of a full queue does not stop another queue',
      at: room(
        {
          concurrencyLimit: 5,
          queues: [
            { name: 'fast', concurrencyLimit: 1 },
            { name: 'slow', priority: 9 },
          ],
        },
        { used: used(1, 'fast') },
      ),
      contenders: [contender('a', { queue: 'fast' }), contender('bb', { queue: 'slow' })],
      expect: ['a: Waits: 1 of 1 slots of queue fast are taken.', 'bb: Go 1'],
    },
    {
      name: 'keeps a quota, and a small run does not overtake a big one',
      at: room({ quota: { vcpu: 8 } }, { used: used(6) }),
      contenders: [contender('a', { size: { cpuUnits: 4096, memoryMib: 1 } }), contender('bb')],
      expect: [
        'a: Waits, it is next: 6 of 8 vCPU of the quota of WorkPool etl are taken.',
        'bb: Waits, behind 1 run: 6 of 8 vCPU of the quota of WorkPool etl are taken.',
      ],
    },
    {
      name: 'says of a slot that somebody takes now that it is taken',
      at: room({ queues: [{ name: 'fast', concurrencyLimit: 1 }] }),
      contenders: [contender('a', { queue: 'fast' }), contender('bb', { queue: 'fast' })],
      expect: ['a: Go 1', 'bb: Waits: 1 of 1 slots of queue fast are taken.'],
    },
    {
      name: 'keeps a quota of memory in GiB',
      at: room({ quota: { memoryGiB: 5 } }, { used: used(1) }),
      contenders: [contender('a'), contender('bb')],
      expect: [
        'a: Go 1',
        'bb: Waits, behind 1 run: 4 of 5 GiB of the quota of WorkPool etl are taken.',
      ],
    },
    {
      name: 'is not held up by a run that never fits',
      at: room({ quota: { vcpu: 2 } }),
      contenders: [contender('a', { size: { cpuUnits: 16384, memoryMib: 1 } }), contender('bb')],
      expect: [
        'a: One task of it needs 16, more than there is: 0 of 2 vCPU of the quota of WorkPool etl are taken.',
        'bb: Go 1',
      ],
    },
    {
      name: 'names the queue that a pool does not have',
      at: room({ queues: [{ name: 'urgent' }] }),
      contenders: [contender('a', { queue: 'urgnt' })],
      expect: ['a: WorkPool etl has no queue urgnt; did you mean urgent?'],
    },
    {
      name: 'lets a deployment have its limit, and others pass by',
      at: room({ concurrencyLimit: 5 }, { active: () => 1 }),
      contenders: [
        contender('a', { group: GROUP }),
        contender('bb', { group: GROUP }),
        contender('ccc'),
      ],
      expect: [
        'a: Waits, it is next: 1 of 1 active runs of Deployment d are taken.',
        'bb: Waits, behind 1 of them: 1 of 1 active runs of Deployment d are taken.',
        'ccc: Go 1',
      ],
    },
    {
      name: 'lets a retry of a deployment that is full go: it has its place',
      at: room({}, { active: () => 1 }),
      contenders: [contender('a', { group: GROUP, holdsGroup: true })],
      expect: ['a: Go 1'],
    },
    {
      name: 'cancels what a deployment with CancelNew has no place for, also when the first still waits',
      at: room({ concurrencyLimit: 0 }),
      contenders: [
        contender('a', { group: { ...GROUP, policy: 'CancelNew' } }),
        contender('bb', { group: { ...GROUP, policy: 'CancelNew' } }),
      ],
      expect: [
        'a: Waits, it is next: 0 of 0 slots of WorkPool etl are taken.',
        'bb: Cancel. Deployment concurrency limit reached: 1 of 1 active runs of Deployment d are taken.',
      ],
    },
    {
      name: 'gives an array as many slots as there are',
      at: room({ concurrencyLimit: 4 }, { used: used(1) }),
      contenders: [contender('a', { tasks: 10 }), contender('bb')],
      expect: ['a: Go 3', 'bb: Waits, behind 1 run: 4 of 4 slots of WorkPool etl are taken.'],
    },
  ]
  test.each(cases)('$name', ({ at, contenders, expect: expected }) => {
    expect(called(at, contenders)).toEqual(expected)
  })
})

test('who is to be cancelled is called as well, and hears why', () => {
  const group: Group = { ...GROUP, policy: 'CancelNew' }
  const order = [contender('a', { group }), contender('bb', { group })]
  const { called: ones, turnOf } = callUp(room({}), order)
  expect(ones).toEqual(order)
  expect(order.map((one) => turnOf(one).type)).toEqual(['Go', 'Cancel'])
})

describe('whatever the pool and its runs', () => {
  const limit = fc.option(fc.nat({ max: 6 }), { nil: undefined })
  const spec = fc.record({
    concurrencyLimit: limit,
    vcpu: limit,
    fast: limit,
  })
  const runs = fc.array(
    fc.record({
      queue: fc.constantFrom('fast', 'slow', 'default'),
      priority: fc.integer({ min: 0, max: 3 }),
      createdAt: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
      tasks: fc.integer({ min: 1, max: 3 }),
      cpu: fc.constantFrom(512, 1024, 2048),
    }),
    { maxLength: 12 },
  )
  const start = fc.nat({ max: 4 })

  function build(
    limits: {
      concurrencyLimit: number | undefined
      vcpu: number | undefined
      fast: number | undefined
    },
    taken: number,
  ): Room<Sized> {
    const fast = limits.fast === undefined ? {} : { concurrencyLimit: limits.fast }
    return room(
      {
        ...(limits.concurrencyLimit !== undefined && { concurrencyLimit: limits.concurrencyLimit }),
        ...(limits.vcpu !== undefined && { quota: { vcpu: limits.vcpu } }),
        queues: [
          { name: 'fast', priority: 1, ...fast },
          { name: 'slow', priority: 5 },
        ],
      },
      { used: used(taken) },
    )
  }

  test('never more than the limit is let go', () => {
    fc.assert(
      fc.property(spec, runs, start, (limits, list, taken) => {
        const contenders = list.map(({ cpu, ...one }, index) =>
          contender(`r${index}`, { ...one, size: { cpuUnits: cpu, memoryMib: 1 } }),
        )
        const at = build(limits, taken)
        const { turnOf } = callUp(at, inOrder(at.spec, contenders))
        const going = contenders.flatMap((one) => {
          const turn = turnOf(one)
          return turn.type === 'Go' ? [{ one, tasks: turn.tasks }] : []
        })
        const sum = (of: (entry: (typeof going)[number]) => number) =>
          going.reduce((total, entry) => total + of(entry), 0)
        const within = (total: number | undefined, more: number, before: number) =>
          total === undefined || more === 0 || before + more <= total
        expect(
          within(
            limits.concurrencyLimit,
            sum(({ tasks }) => tasks),
            taken,
          ),
        ).toBe(true)
        const vcpu = sum(({ one, tasks }) => (tasks * one.size.cpuUnits) / 1024)
        expect(within(limits.vcpu, vcpu, taken)).toBe(true)
        const fast = sum(({ one, tasks }) => (one.queue === 'fast' ? tasks : 0))
        expect(within(limits.fast, fast, 0)).toBe(true)
      }),
    )
  })

  test('a higher priority never waits behind a lower one of the same pool', () => {
    fc.assert(
      fc.property(spec, runs, start, (limits, list, taken) => {
        const at = build(limits, taken)
        const contenders = list.map((one, index) => contender(`r${index}`, one))
        const order = inOrder(at.spec, contenders)
        const turns = order.map(callUp(at, order).turnOf)
        const firstWaiting = turns.findIndex(
          (turn) => turn.type === 'Wait' && turn.why.includes('WorkPool etl') && !turn.stalled,
        )
        if (firstWaiting < 0) return
        const behind = turns.slice(firstWaiting + 1).map(({ type }) => type)
        expect(behind).not.toContain('Go')
      }),
    )
  })

  test('who is behind the first that waits is told the same as if the whole line had been walked', () => {
    fc.assert(
      fc.property(spec, runs, start, ({ vcpu: _, ...limits }, list, taken) => {
        const at = build({ ...limits, vcpu: undefined }, taken)
        const order = inOrder(
          at.spec,
          list.map((one, index) => contender(`r${index}`, one)),
        )
        const walked = callUp(at, order)
        const plain = callUp({ ...at, isPlain: true }, order)
        expect(order.map(plain.turnOf)).toEqual(order.map(walked.turnOf))
        expect(plain.called).toEqual(walked.called)
      }),
    )
  })
})
