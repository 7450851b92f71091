import { parseIsoTime } from '../../../lib/instant.ts'

/** One message of a container's log, as the engine frames it: stream, length, time, text. */
export interface LogFrame {
  readonly stream: 'stdout' | 'stderr'
  /** Of the moment at which the engine took the message, whole seconds since the Unix epoch. */
  readonly atSeconds: number
  readonly payload: Buffer
}

const HEADER_BYTES = 8
const STDERR = 2
const SPACE = 0x20
const NEWLINE = 0x0a
/** Longest time that stands before a message. */
const MAX_TIME_BYTES = 40
/** Longer messages are not framed by any engine; what claims to be one is no log. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024
/** Longer lines are cut into pieces, as container runtimes do. */
const MAX_LINE_BYTES = 256 * 1024

/** Takes the frames out of a stream of chunks. Returns what they are fed to; that throws for what is no log. */
export function createFrameReader(onFrame: (frame: LogFrame) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (data.length >= HEADER_BYTES) {
      const length = data.readUInt32BE(4)
      if (length > MAX_FRAME_BYTES) throw new Error('the engine sent something that is no log')
      const end = HEADER_BYTES + length
      if (data.length < end) break
      onFrame(toFrame(data[0] ?? 0, data.subarray(HEADER_BYTES, end)))
      data = data.subarray(end)
    }
    rest = Buffer.from(data)
  }
}

/** A message without a readable time counts as written at 0: it is shown, and never skipped by time. */
function toFrame(streamNumber: number, message: Buffer): LogFrame {
  const stream = streamNumber === STDERR ? 'stderr' : 'stdout'
  const space = message.subarray(0, MAX_TIME_BYTES).indexOf(SPACE)
  const atMs = space === -1 ? undefined : parseIsoTime(message.toString('latin1', 0, space))
  if (atMs === undefined) return { stream, atSeconds: 0, payload: message }
  return { stream, atSeconds: Math.floor(atMs / 1000), payload: message.subarray(space + 1) }
}

/** Puts the pieces of each stream together to lines. */
export interface LineAssembler {
  add(frame: LogFrame): void
  /** The container has ended: a last line needs no end. */
  end(): void
  /** Nothing waits for the end of its line. */
  isWhole(): boolean
}

export function createLineAssembler(emit: (line: string) => void): LineAssembler {
  const rests = new Map<LogFrame['stream'], Buffer>()
  return {
    add({ stream, payload }) {
      let data = Buffer.concat([rests.get(stream) ?? Buffer.alloc(0), payload])
      for (let end = data.indexOf(NEWLINE); end !== -1; end = data.indexOf(NEWLINE)) {
        emit(toLine(data.subarray(0, end)))
        data = data.subarray(end + 1)
      }
      if (data.length > MAX_LINE_BYTES) {
        emit(toLine(data))
        data = Buffer.alloc(0)
      }
      rests.set(stream, data)
    },
    end() {
      for (const rest of rests.values()) if (rest.length > 0) emit(toLine(rest))
      rests.clear()
    },
    isWhole: () => [...rests.values()].every((rest) => rest.length === 0),
  }
}

function toLine(bytes: Buffer): string {
  return bytes.subarray(0, bytes.at(-1) === 0x0d ? -1 : undefined).toString('utf8')
}
