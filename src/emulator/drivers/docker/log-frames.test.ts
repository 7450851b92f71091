import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFrameReader, createLineAssembler, type LogFrame } from './log-frames.ts'
import { createSkipper, LOG_BEGIN, type LogPosition, positionAfter } from './log-position.ts'

function frameBytes(stream: 1 | 2, atSeconds: number, text: string): Buffer {
  const time = new Date(atSeconds * 1000).toISOString().replace('.000', '')
  const message = Buffer.from(`${time} ${text}`)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(message.length, 4)
  return Buffer.concat([header, message])
}

function readFrames(chunks: readonly Buffer[]): readonly LogFrame[] {
  const frames: LogFrame[] = []
  const feed = createFrameReader((frame) => frames.push(frame))
  for (const chunk of chunks) feed(chunk)
  return frames
}

function linesOf(frames: readonly LogFrame[]): readonly string[] {
  const lines: string[] = []
  const assembler = createLineAssembler((line) => lines.push(line))
  for (const frame of frames) assembler.add(frame)
  assembler.end()
  return lines
}

describe('the log of a container', () => {
  test('stream, second and text of each message', () => {
    const [frame] = readFrames([frameBytes(2, 1_700_000_000, 'to stderr\n')])
    expect(frame).toEqual({
      stream: 'stderr',
      atSeconds: 1_700_000_000,
      payload: Buffer.from('to stderr\n'),
    })
  })

  test('fractions and zones of the time, and a message without one', () => {
    const message = (text: string): Buffer => {
      const header = Buffer.alloc(8)
      header[0] = 1
      header.writeUInt32BE(text.length, 4)
      return Buffer.concat([header, Buffer.from(text)])
    }
    const frames = readFrames([
      message('2023-11-14T22:13:20.123456789Z a'),
      message('2023-11-15T00:13:20+02:00 b'),
      message('no time at all'),
    ])
    expect(frames.map(({ atSeconds, payload }) => [atSeconds, String(payload)])).toEqual([
      [1_700_000_000, 'a'],
      [1_700_000_000, 'b'],
      [0, 'no time at all'],
    ])
  })

  test('pieces of a long line, with another stream in between', () => {
    const frames = readFrames([
      frameBytes(1, 5, 'be'),
      frameBytes(2, 5, 'other\r\n'),
      frameBytes(1, 5, 'gin\nend'),
    ])
    expect(linesOf(frames)).toEqual(['other', 'begin', 'end'])
  })

  test('what is no log is told from one', () => {
    expect(() => readFrames([Buffer.from('{"message":"no such container"}')])).toThrow('no log')
  })

  const line = fc.record({
    stream: fc.constantFrom(1 as const, 2 as const),
    wait: fc.constantFrom(0, 0, 0, 1, 3),
    text: fc.string({ maxLength: 20 }).map((text) => `${text.replaceAll(/[\r\n]/g, '')}\n`),
  })

  function written(lines: readonly { stream: 1 | 2; wait: number; text: string }[]): {
    readonly bytes: Buffer
    readonly lines: readonly string[]
  } {
    let atSeconds = 1_700_000_000
    const frames = lines.map(({ stream, wait, text }) => {
      atSeconds += wait
      return frameBytes(stream, atSeconds, text)
    })
    return { bytes: Buffer.concat(frames), lines: lines.map(({ text }) => text.slice(0, -1)) }
  }

  test('however it is cut into chunks, the lines are the same', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 20 }),
        fc.integer({ min: 1, max: 50 }),
        (all, size) => {
          const log = written(all)
          const chunks = Array.from({ length: Math.ceil(log.bytes.length / size) }, (_, index) =>
            log.bytes.subarray(index * size, (index + 1) * size),
          )
          expect(linesOf(readFrames(chunks))).toEqual(log.lines)
        },
      ),
    )
  })

  test('wherever reading broke off, going on gives every line once', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.nat({ max: 20 }), (all, cut) => {
        const log = written(all)
        const frames = readFrames([log.bytes])
        const before = frames.slice(0, cut)
        const position = before.reduce<LogPosition>(positionAfter, LOG_BEGIN)
        // The engine is asked for a second more than needed, and has no older messages.
        const again = frames.filter(({ atSeconds }) => atSeconds >= position.atSeconds - 1)
        const skip = createSkipper(position)
        const after = again.flatMap((frame) => skip(frame) ?? [])
        expect([...linesOf(before), ...linesOf(after)]).toEqual(log.lines)
      }),
    )
  })
})
