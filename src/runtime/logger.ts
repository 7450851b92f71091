export type LogFields = Readonly<Record<string, unknown>>

/**
 * Where parts say what they do. The message is constant text; everything that varies is a field.
 * Values under names such as `env` or `token` are not written (redact.ts).
 */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A log that adds these fields to every line. */
  with(fields: LogFields): Log
}

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLog,
}
