import { type EventRecord, LABEL, resourceId } from '../../kinds/event.ts'
import type { Clock } from '../../lib/clock.ts'
import { awaitChange, type Outcome, requeueAfter, soonest } from '../../runtime/outcome.ts'
import type { Store } from '../../store/types.ts'
import type { Step } from './bucket.ts'
import { readBuckets, toRow } from './bucket-row.ts'
import { type DueWindow, dueTrigger, stepTrigger } from './engine.ts'
import { fire, tell } from './fire.ts'
import { EVENTS_PER_BATCH, MAX_BUCKETS, SEEN_EVERY_MS, WINDOWS_PER_BATCH } from './limits.ts'
import type { ActiveSource, Registry } from './registry.ts'

export interface EvaluatorDeps {
  readonly store: Store
  readonly clock: Clock
  readonly registry: Registry
  /** Queues an action that was just written, and its automation, whose status shows it. */
  readonly onFired: (source: ActiveSource, actions: readonly number[]) => void
}

export interface Evaluator {
  /** Before the first evaluation of a process: windows are given back the time in which nobody judged. */
  begin(): void
  /** Reads a batch of events, or, when there are none left, judges the windows that are over. */
  evaluate(): Outcome
  /** Whether every event was read that concerns anybody. */
  isCaughtUp(): boolean
  /** Notes how far it came, so that a restart judges no silence that it did not hear. */
  end(): void
}

/** A wall clock that strays from monotonic time by less than this counts as right. */
const CLOCK_STEP_MS = 2_000

/**
 * Reads the event log behind everybody's back: nothing waits for it. What a batch of events changes, what
 * it fires and how far was read are one transaction. Silence is judged only after every event is read.
 */
export function createEvaluator(deps: EvaluatorDeps): Evaluator {
  const { store, clock, registry } = deps
  const memory: Memory = { seq: 0, seenAtMs: 0, offsetMs: offsetOf(clock) }
  return {
    begin() {
      const cursor = store.automations.cursor()
      if (!cursor) return
      const nowMs = clock.nowMs()
      const awayMs = nowMs - cursor.seenAtMs
      memory.seq = cursor.seq
      store.transaction(() => {
        if (awayMs > 0) store.automations.extendSilence(awayMs)
        note(store, memory, cursor.seq, nowMs)
      })
    },
    evaluate() {
      if (registry.byId.size === 0) return awaitChange()
      const nowMs = clock.nowMs()
      followClock(deps, memory)
      if (readEvents(deps, memory, nowMs) || judge(deps, memory, nowMs)) return requeueAfter(0)
      return nextLook(store, memory, nowMs)
    },
    isCaughtUp: () => registry.byId.size === 0 || memory.seq >= store.eventLog.newestSeq(),
    end() {
      if (registry.byId.size > 0) note(store, memory, memory.seq, clock.nowMs())
    },
  }
}

/** What one process remembers. */
interface Memory {
  /** How far events were read; the database may say less where nothing came of them. */
  seq: number
  /** When it was last noted that somebody listens. */
  seenAtMs: number
  /** Wall time minus monotonic time. */
  offsetMs: number
}

function offsetOf(clock: Clock): number {
  return clock.nowMs() - clock.monotonicMs()
}

function note(store: Store, memory: Memory, seq: number, nowMs: number): void {
  store.transaction(() => store.automations.setCursor(seq, nowMs))
  memory.seenAtMs = nowMs
}

/** Where the clock was set, or the machine slept, windows move with it. */
function followClock({ store, clock }: EvaluatorDeps, memory: Memory): void {
  const stepMs = offsetOf(clock) - memory.offsetMs
  if (Math.abs(stepMs) < CLOCK_STEP_MS) return
  store.transaction(() => store.automations.extendSilence(Math.round(stepMs)))
  memory.offsetMs += stepMs
}

/** Deals with the next events; returns whether there are more. */
function readEvents(deps: EvaluatorDeps, memory: Memory, nowMs: number): boolean {
  const { store } = deps
  const fromSeq = Math.max(memory.seq, store.automations.cursor()?.seq ?? 0)
  const events = store.eventLog.after(fromSeq, EVENTS_PER_BATCH)
  const lastSeq = events.at(-1)?.seq
  if (lastSeq === undefined) return false
  const work = createWork(deps, nowMs)
  store.transaction(() => {
    for (const event of events) stepSources(deps, work, event)
    if (work.settle()) note(store, memory, lastSeq, nowMs)
  })
  memory.seq = lastSeq
  work.announce()
  // What fired is an event as well, and may be what another trigger waits for.
  return store.eventLog.newestSeq() > lastSeq
}

function stepSources({ store, registry }: EvaluatorDeps, work: Work, event: EventRecord): void {
  for (const source of registry.inNamespace(event.namespace)) {
    if (event.seq <= source.sinceSeq || isOwn(source, event)) continue
    work.apply(source, stepTrigger(source.node, readBuckets(store.automations, source.id), event))
  }
}

/** Judges windows that are over; returns whether there may be more. */
function judge(deps: EvaluatorDeps, memory: Memory, nowMs: number): boolean {
  const { store } = deps
  const due = store.automations.dueBuckets(nowMs, WINDOWS_PER_BATCH)
  if (due.length === 0) return false
  const work = createWork(deps, nowMs)
  store.transaction(() => {
    for (const { source: id, ...window } of due) work.judge(id, window)
    work.settle()
    note(store, memory, memory.seq, nowMs)
  })
  work.announce()
  return due.length === WINDOWS_PER_BATCH
}

/** When the next window ends; until then it is noted now and then that somebody listens. */
function nextLook(store: Store, memory: Memory, nowMs: number): Outcome {
  const dueAtMs = store.automations.nextDueMs()
  const atEnd = dueAtMs === undefined ? awaitChange() : requeueAfter(Math.max(0, dueAtMs - nowMs))
  if (!store.automations.hasOpenSilence()) return atEnd
  if (nowMs - memory.seenAtMs >= SEEN_EVERY_MS) note(store, memory, memory.seq, nowMs)
  return soonest(atEnd, requeueAfter(SEEN_EVERY_MS))
}

/** What is told of a trigger is nothing for the trigger itself: it would answer itself for ever. */
function isOwn({ id }: ActiveSource, { resource }: EventRecord): boolean {
  return resource[LABEL.id] === resourceId('automation', id)
}

/** What one transaction does, and what is to be said after it. */
interface Work {
  apply(source: ActiveSource, step: Step): void
  judge(id: string, window: DueWindow): void
  /** Returns whether anything was written. */
  settle(): boolean
  announce(): void
}

function createWork(deps: EvaluatorDeps, nowMs: number): Work {
  const { store, registry, onFired } = deps
  const fired: { readonly source: ActiveSource; readonly actions: readonly number[] }[] = []
  const grown = new Map<string, ActiveSource>()
  let changed = false

  function apply(source: ActiveSource, step: Step): void {
    for (const write of step.writes) {
      changed = true
      const row = toRow(source.id, source.node, write)
      if (row) {
        store.automations.putBucket(row)
        grown.set(source.id, source)
      } else store.automations.removeBucket({ source: source.id, ...write })
    }
    for (const firing of step.firings) {
      changed = true
      fired.push({ source, actions: fire(store, source, firing, nowMs) })
    }
  }

  return {
    apply,
    judge(id, window) {
      const source = registry.byId.get(id)
      if (!source) return store.automations.removeBucket({ source: id, ...window })
      const read = readBuckets(store.automations, id)
      const step = dueTrigger(source.node, read, window, nowMs)
      const isStill = (read(window.path, window.key)?.dueAtMs ?? nowMs + 1) <= nowMs
      // A window that nothing answers for would be judged again and again.
      if (step.writes.length === 0 && isStill) {
        return store.automations.removeBucket({ source: id, ...window })
      }
      return apply(source, step)
    },
    settle() {
      for (const source of grown.values()) trim(store, source, nowMs)
      return changed
    },
    announce() {
      for (const { source, actions } of fired) onFired(source, actions)
    },
  }
}

function trim(store: Store, source: ActiveSource, nowMs: number): void {
  const dropped = store.automations.trimBuckets(source.id, MAX_BUCKETS)
  if (dropped === 0) return
  const message = `More than ${MAX_BUCKETS} windows are open: the ${dropped} oldest were forgotten. Narrow match, or leave forEach out.`
  tell(store, source, { type: 'Warning', reason: 'WindowsForgotten', message }, nowMs)
}
