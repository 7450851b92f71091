/** "2026-01-15T12:00:00.000000Z ", as the server writes it before each line when it is asked for times. */
const STAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z /
const STAMP_BYTES = 28
const LINE_END = 10

/** How far an output was printed: what a reader that begins at `stamp` has to leave out. */
export interface LogPlace {
  /** Time of the newest line, as the server wrote it; empty: nothing was printed. */
  readonly stamp: string
  /** Messages of that time. */
  readonly messages: number
  /** Further lines of the last of them. */
  readonly furtherLines: number
}

export const LOG_START: LogPlace = { stamp: '', messages: 0, furtherLines: 0 }

/** One reading of an output, from a place on. */
export interface LogReading {
  /** What is to be printed of the next bytes: whole lines without their times, and none that were printed before. */
  take(chunk: Buffer): Buffer
  /** What is left when the output has ended without the end of a line. */
  rest(): Buffer
  place(): LogPlace
}

export function readFrom(start: LogPlace): LogReading {
  let place = start
  let held: Buffer = Buffer.alloc(0)
  let messagesToSkip = start.messages
  let linesToSkip = start.messages === 0 ? start.furtherLines : 0
  /** A message that comes late is printed, and a reader that begins at the newest time never sees it again. */
  let isLate = false

  function isKnown(stamp: string | undefined): boolean {
    if (stamp === undefined) {
      linesToSkip -= 1
      return linesToSkip >= 0
    }
    messagesToSkip -= 1
    linesToSkip = messagesToSkip > 0 ? Number.POSITIVE_INFINITY : 0
    if (messagesToSkip === 0) linesToSkip = start.furtherLines
    return messagesToSkip >= 0
  }

  function note(stamp: string | undefined): void {
    if (stamp !== undefined) {
      isLate = stamp < place.stamp
      if (isLate) return
      const messages = stamp === place.stamp ? place.messages + 1 : 1
      place = { stamp, messages, furtherLines: 0 }
    } else if (!isLate) place = { ...place, furtherLines: place.furtherLines + 1 }
  }

  function line(bytes: Buffer): Buffer {
    const head = bytes.subarray(0, STAMP_BYTES).toString('latin1')
    const stamp = STAMP.test(head) ? head : undefined
    if (isKnown(stamp)) return Buffer.alloc(0)
    note(stamp)
    return stamp === undefined ? bytes : bytes.subarray(STAMP_BYTES)
  }

  return {
    take(chunk) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      const lines: Buffer[] = []
      let from = 0
      for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, from)) {
        lines.push(line(bytes.subarray(from, end + 1)))
        from = end + 1
      }
      held = bytes.subarray(from)
      return Buffer.concat(lines)
    },
    rest: () => (held.length === 0 ? held : line(held)),
    place: () => place,
  }
}
