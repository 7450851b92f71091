import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import type { Clock } from '../../lib/clock.ts'
import { type ContainerFiles, readIfThere } from './container-files.ts'

/** How old a line may get before it is read: its timestamp is the time of reading. */
const POLL_MS = 200
const CHUNK_BYTES = 64 * 1024
/** Longer lines are cut into pieces, as container runtimes do. */
const MAX_LINE_BYTES = 256 * 1024
/** A file is emptied once this much of it has been read: a chatty task must not fill the disk. */
const MAX_FILE_BYTES = 64 * 1024 * 1024
/** Digits of the read position: always written at full width, so that one write replaces it. */
const POSITION_DIGITS = 16

const NEWLINE = 0x0a

interface Tail {
  readonly output: number
  readonly read: number
  readonly emit: (line: string) => void
  position: number
  /** The beginning of a line whose end has not come yet. */
  rest: Buffer
}

/**
 * Reads the lines that containers append to their output files. How far it came is stored after each
 * read, so that a later process goes on from there: a line may come twice after a crash, never not at all.
 */
export class OutputTail {
  readonly #clock: Clock
  readonly #tails = new Map<string, Tail>()
  #cancelPoll: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  open(files: ContainerFiles, emit: (line: string) => void): void {
    if (this.#tails.has(files.directory)) return
    const position = Number(readIfThere(files.read) ?? 0)
    this.#tails.set(files.directory, {
      output: openSync(files.output, constants.O_RDWR | constants.O_CREAT, 0o600),
      read: openSync(files.read, constants.O_RDWR | constants.O_CREAT, 0o600),
      emit,
      position: Number.isInteger(position) ? position : 0,
      rest: Buffer.alloc(0),
    })
    this.#poll()
  }

  /** Reads what is there now. */
  flush(): void {
    for (const tail of this.#tails.values()) readOn(tail)
  }

  /** Reads the rest, also a last line without an end, and lets go of the files. */
  close(files: ContainerFiles): void {
    const tail = this.#tails.get(files.directory)
    if (!tail) return
    readOn(tail)
    if (tail.rest.length > 0) emitLine(tail, tail.rest)
    this.#release(files.directory, tail)
  }

  /** Lets go of the files; a later process reads on from where this one came to. */
  drop(files: ContainerFiles): void {
    const tail = this.#tails.get(files.directory)
    if (tail) this.#release(files.directory, tail)
  }

  /** Lets go of all files and stops the timer. */
  closeAll(): void {
    for (const [key, tail] of this.#tails) this.#release(key, tail)
  }

  #release(key: string, tail: Tail): void {
    closeSync(tail.output)
    closeSync(tail.read)
    this.#tails.delete(key)
    if (this.#tails.size > 0) return
    this.#cancelPoll?.()
    this.#cancelPoll = undefined
  }

  #poll(): void {
    this.#cancelPoll ??= this.#clock.after(POLL_MS, () => {
      this.#cancelPoll = undefined
      this.flush()
      if (this.#tails.size > 0) this.#poll()
    })
  }
}

function readOn(tail: Tail): void {
  const before = tail.position
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let bytes = readSync(tail.output, chunk, 0, CHUNK_BYTES, tail.position)
  while (bytes > 0) {
    tail.position += bytes
    takeLines(tail, chunk.subarray(0, bytes))
    bytes = readSync(tail.output, chunk, 0, CHUNK_BYTES, tail.position)
  }
  if (tail.position === before) return
  if (tail.position > MAX_FILE_BYTES && fstatSync(tail.output).size === tail.position) {
    ftruncateSync(tail.output)
    tail.position = 0
  }
  const done = String(Math.max(0, tail.position - tail.rest.length))
  writeSync(tail.read, done.padStart(POSITION_DIGITS, '0'), 0)
}

function takeLines(tail: Tail, chunk: Buffer): void {
  let start = 0
  for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
    emitLine(tail, Buffer.concat([tail.rest, chunk.subarray(start, end)]))
    tail.rest = Buffer.alloc(0)
    start = end + 1
  }
  tail.rest = Buffer.concat([tail.rest, chunk.subarray(start)])
  if (tail.rest.length <= MAX_LINE_BYTES) return
  emitLine(tail, tail.rest)
  tail.rest = Buffer.alloc(0)
}

function emitLine(tail: Tail, line: Buffer): void {
  const end = line.at(-1) === 0x0d ? -1 : undefined
  tail.emit(line.subarray(0, end).toString('utf8'))
}
