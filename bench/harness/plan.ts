/** One program, and how often it is run: slow ones as often as patience allows. */
export interface Program {
  readonly name: string
  readonly words?: readonly string[]
  readonly times: number
  /** Takes part in `--check`: fast, and bound by CPU alone. */
  readonly isGate?: boolean
  /** Only when it is asked for by name. */
  readonly isLarge?: boolean
}

export const PROGRAMS: readonly Program[] = [
  { name: 'launches', times: 5, isGate: true },
  { name: 'intents', times: 5, isGate: true },
  { name: 'noop', times: 5, isGate: true },
  { name: 'calls', times: 5, isGate: true },
  { name: 'rate', times: 5, isGate: true },
  { name: 'stops', times: 5 },
  { name: 'file-drop', times: 5 },
  { name: 'file-drop-large', words: ['file-drop', '100000', '30'], times: 5 },
  { name: 'ingest', times: 5 },
  { name: 'restart', times: 5 },
  { name: 'idle', times: 5 },
  { name: 'api-get', times: 5 },
  { name: 'watch', times: 5 },
  { name: 'start-up', times: 5 },
  { name: 'footprint', times: 1 },
  { name: 'fleet', times: 5, isGate: true },
  { name: 'fleet-week', words: ['fleet', '1000000'], times: 1, isLarge: true },
]
