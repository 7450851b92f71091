import type { Log, LogFields } from '../../src/runtime/logger.ts'

export interface LogLine extends LogFields {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
}

/** A Log whose lines a test can look at. */
export function recordingLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  return { ...createLog(lines, {}), lines }
}

function createLog(lines: LogLine[], bound: LogFields): Log {
  const at = (level: LogLine['level']) => (message: string, fields?: LogFields) => {
    lines.push({ ...bound, ...fields, level, message })
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLog(lines, { ...bound, ...fields }),
  }
}
