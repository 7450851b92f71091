import { expect } from 'vitest'
import type { Bucket, Firing, Step } from '../../src/controllers/automation/bucket.ts'
import { armTrigger, dueTrigger, stepTrigger } from '../../src/controllers/automation/engine.ts'
import { readTrigger, type TriggerNode } from '../../src/controllers/automation/node.ts'
import type { EventLabels, EventRecord } from '../../src/kinds/event.ts'
import type { Trigger } from '../../src/kinds/generated.ts'
import { NOON, SECOND } from './builders.ts'

/** Something that happens `at` seconds after noon to the run `of`. */
export interface Told {
  readonly at: number
  readonly event: string
  readonly of?: string
  readonly labels?: EventLabels
  readonly related?: readonly EventLabels[]
}

function record(told: Told, seq: number): EventRecord {
  const atMs = NOON + told.at * SECOND
  return {
    seq,
    id: `event-${seq}`,
    occurredAtMs: atMs,
    receivedAtMs: atMs,
    event: told.event,
    namespace: 'default',
    resource: { 'capstan.resource.id': `capstan.run.${told.of ?? 'a'}`, ...told.labels },
    related: told.related ?? [],
    payload: {},
  }
}

/** A trigger and what it remembers: events and windows in the order of time, as the evaluator deals with them. */
export class Engine {
  readonly node: TriggerNode
  readonly buckets = new Map<string, Bucket>()
  readonly firings: Firing[] = []
  #seq = 0

  constructor(trigger: Trigger) {
    this.node = readTrigger(trigger)
    for (const { path, key, bucket } of armTrigger(this.node, NOON)) {
      if (bucket) this.buckets.set(`${path}|${key}`, bucket)
    }
  }

  tell(told: Told): void {
    this.judge(told.at - 0.001)
    this.#seq += 1
    this.#apply(
      stepTrigger(this.node, (path, key) => this.#read(path, key), record(told, this.#seq)),
    )
  }

  /** Judges every window that is over, `at` seconds after noon, each at its own end. */
  judge(at: number): void {
    const nowMs = NOON + at * SECOND
    for (;;) {
      const due = [...this.buckets]
        .filter(([, { dueAtMs }]) => dueAtMs !== undefined && dueAtMs <= nowMs)
        .toSorted(([, a], [, b]) => (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0))[0]
      if (!due) return
      const [path = '', key = ''] = due[0].split('|')
      const read = (p: string, k: string) => this.#read(p, k)
      const step = dueTrigger(this.node, read, { path, key }, due[1].dueAtMs ?? nowMs)
      expect(step.writes.length).toBeGreaterThan(0)
      this.#apply(step)
    }
  }

  /** `type at second` of each firing. */
  told(): readonly string[] {
    return this.firings.map(({ type, atMs }) => `${type} ${(atMs - NOON) / SECOND}`)
  }

  /** JSON and back, as a database keeps it. */
  restart(): void {
    const kept = JSON.parse(JSON.stringify([...this.buckets])) as [string, Bucket][]
    this.buckets.clear()
    for (const [name, bucket] of kept) this.buckets.set(name, bucket)
  }

  #read(path: string, key: string): Bucket | undefined {
    return this.buckets.get(`${path}|${key}`)
  }

  #apply({ writes, firings }: Step): void {
    for (const { path, key, bucket } of writes) {
      if (bucket) this.buckets.set(`${path}|${key}`, bucket)
      else this.buckets.delete(`${path}|${key}`)
    }
    this.firings.push(...firings)
  }
}

export function play(trigger: Trigger, story: readonly Told[], untilS: number): readonly string[] {
  const engine = new Engine(trigger)
  for (const told of story) engine.tell(told)
  engine.judge(untilS)
  return engine.told()
}

/** `Failed@10` of run a, `Failed/b@10` of run b. */
export function story(...texts: readonly string[]): readonly Told[] {
  return texts.map((text) => {
    const [, name = '', , of = 'a', at] = /^([^/@]+)(\/([^@]+))?@(.+)$/.exec(text) ?? []
    return { event: name.includes('.') ? name : `capstan.run.${name}`, of, at: Number(at) }
  })
}

export const EACH = ['capstan.resource.id']

export interface Row {
  readonly why: string
  readonly trigger: Trigger
  readonly story: readonly Told[]
  readonly until?: number
  readonly fires: readonly string[]
}

/** The documented automation against zombies, with a window of 90 s. */
export const ZOMBIE: Trigger = {
  type: 'event',
  posture: 'Proactive',
  after: ['prefect.flow-run.heartbeat'],
  expect: ['prefect.flow-run.*'],
  match: { 'prefect.resource.id': ['prefect.flow-run.*'] },
  forEach: ['prefect.resource.id'],
  threshold: 1,
  within: 90,
}

/** The same with the events that an older text names. */
export const OLD_ZOMBIE: Trigger = {
  ...ZOMBIE,
  expect: ['heartbeat', 'Completed', 'Failed', 'Cancelled', 'Crashed'].map(
    (name) => `prefect.flow-run.${name}`,
  ),
}
