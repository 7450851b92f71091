import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { type ContainerFiles, readIfThere } from '../container-files.ts'
import type { LogFrame } from './log-frames.ts'

/**
 * How far a log was read: the latest second that a message came from, and how many bytes of messages of
 * that second were read. Seconds, because that is all that Podman tells.
 */
export interface LogPosition {
  readonly atSeconds: number
  readonly bytes: number
}

export const LOG_BEGIN: LogPosition = { atSeconds: 0, bytes: 0 }

export function positionAfter(position: LogPosition, frame: LogFrame): LogPosition {
  const { atSeconds, payload } = frame
  if (atSeconds > position.atSeconds) return { atSeconds, bytes: payload.length }
  if (atSeconds < position.atSeconds) return position
  return { atSeconds, bytes: position.bytes + payload.length }
}

/** Leaves out of a log that is read again what stands before a position. */
export function createSkipper(from: LogPosition): (frame: LogFrame) => LogFrame | undefined {
  let left = from.bytes
  return (frame) => {
    const { atSeconds, payload } = frame
    if (atSeconds === 0 || atSeconds > from.atSeconds) return frame
    if (atSeconds < from.atSeconds) return undefined
    const skipped = Math.min(left, payload.length)
    left -= skipped
    return skipped === payload.length ? undefined : { ...frame, payload: payload.subarray(skipped) }
  }
}

/** Digits of each number: always written at full width, so that one write replaces the other. */
const DIGITS = 16

/** The position on disk, so that a later process goes on from there. */
export interface PositionFile {
  readonly read: () => LogPosition
  readonly write: (position: LogPosition) => void
  readonly close: () => void
}

export function openPositionFile({ read: path }: ContainerFiles): PositionFile {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  return {
    read() {
      const [atSeconds = 0, bytes = 0] = (readIfThere(path) ?? '').split(' ').map(Number)
      const isUsable = Number.isSafeInteger(atSeconds) && Number.isSafeInteger(bytes)
      return isUsable ? { atSeconds, bytes } : LOG_BEGIN
    },
    write({ atSeconds, bytes }) {
      const digits = [atSeconds, bytes].map((number) => String(number).padStart(DIGITS, '0'))
      writeSync(file, digits.join(' '), 0)
    },
    close: () => closeSync(file),
  }
}
