import { pino } from 'pino'
import type { Clock } from '../lib/clock.ts'
import { isoTime } from '../lib/instant.ts'
import type { Log, LogFields } from './logger.ts'
import { renderPretty } from './pretty.ts'
import { redact } from './redact.ts'

export interface PinoLogOptions {
  /** `json`: one object per line. `pretty`: for people at a terminal. */
  readonly format: 'json' | 'pretty'
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  readonly clock: Clock
  /** Whether `pretty` may use colours. */
  readonly colour?: boolean
  /** Takes whole lines; stderr by default, because stdout belongs to what a command prints. */
  readonly write?: (line: string) => void
}

/** The only place that knows which logger is behind the Log port. */
export function createPinoLog(options: PinoLogOptions): Log {
  const { format, level, clock, colour = false, write = writeToStderr } = options
  const sink = format === 'json' ? write : (line: string) => write(renderPretty(line, colour))
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${isoTime(clock.nowMs())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: sink },
  )
  return createLog(logger, {})
}

type Level = 'debug' | 'info' | 'warn' | 'error'

function createLog(logger: pino.Logger, bound: LogFields): Log {
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void => {
      if (logger.isLevelEnabled(level)) logger[level](redact({ ...bound, ...fields }), message)
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLog(logger, { ...bound, ...fields }),
  }
}

function writeToStderr(line: string): void {
  process.stderr.write(line)
}
