import type { EventRecord } from '../../kinds/event.ts'
import type { EventLog } from '../../store/event-log.ts'
import { renderPrefectEvent } from './event-json.ts'

/** Reads the end of the log for many subscribers: those that stand at the same place share one read. */
export interface EventTail {
  /** Oldest first, from the one after `seq`. */
  after(seq: number): readonly EventRecord[]
  /** The message that subscribers get; made once for all of them. */
  message(record: EventRecord): string
}

/** Events that are sent to one subscriber before others have their turn. */
const PAGE = 100

export function createEventTail(eventLog: EventLog): EventTail {
  const messages = new WeakMap<EventRecord, string>()
  let known: {
    readonly seq: number
    readonly newest: number
    readonly page: readonly EventRecord[]
  }
  known = { seq: -1, newest: -1, page: [] }
  return {
    after(seq) {
      const newest = eventLog.newestSeq()
      if (known.seq !== seq || known.newest !== newest) {
        known = { seq, newest, page: eventLog.after(seq, PAGE) }
      }
      return known.page
    },
    message(record) {
      const made = messages.get(record)
      if (made !== undefined) return made
      const text = JSON.stringify({ type: 'event', event: renderPrefectEvent(record) })
      messages.set(record, text)
      return text
    },
  }
}
