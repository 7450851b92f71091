import type { IncomingMessage } from 'node:http'
import type { ContainerFiles } from '../container-files.ts'
import type { Engine } from './engine.ts'
import { createFrameReader, createLineAssembler, type LogFrame } from './log-frames.ts'
import {
  createSkipper,
  LOG_BEGIN,
  openPositionFile,
  type PositionFile,
  positionAfter,
} from './log-position.ts'

export interface FollowOptions {
  readonly engine: Engine
  readonly id: string
  readonly files: ContainerFiles
  readonly emit: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * Reads a container's log from where it was left until the container ends, line by line in the order in
 * which the engine took them. How far it came is stored, so that a later process goes on from there: a line may come
 * twice after a crash, never not at all. Throws what the engine throws, and when the connection breaks.
 */
export async function followLog({ engine, id, files, emit, signal }: FollowOptions): Promise<void> {
  const file = openPositionFile(files)
  try {
    const from = file.read()
    // A second earlier, because engines do not agree on whether the moment itself is meant.
    const stream = await engine.logs(id, Math.max(0, from.atSeconds - 1), signal)
    await readOn(stream, file, emit)
  } finally {
    file.close()
  }
}

async function readOn(
  stream: IncomingMessage,
  file: PositionFile,
  emit: (line: string) => void,
): Promise<void> {
  let position = file.read()
  let stored = position
  const skip = createSkipper(position)
  const lines = createLineAssembler(emit)
  const feed = createFrameReader((frame: LogFrame) => {
    const rest = skip(frame)
    if (!rest) return
    lines.add(rest)
    position = positionAfter(position, rest)
    if (lines.isWhole()) stored = position
  })
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    feed(chunk)
    if (stored !== LOG_BEGIN) file.write(stored)
  }
  lines.end()
  file.write(position)
}
