/** Stands in place of what may be a secret. */
export const REDACTED = '[redacted]'

/** Names whose values are never written, at any depth, compared without case. */
const SECRET_NAMES: readonly string[] = [
  'authorization',
  // Frozen request bodies and task definitions hold env values.
  'body',
  'cookie',
  'credentials',
  'env',
  'environment',
  'password',
  'secret',
  'secretaccesskey',
  'secrets',
  'token',
]

/** Ends of names, such as heartbeatToken. */
const SECRET_ENDINGS: readonly string[] = ['token', 'secret', 'password']

/** Named like secrets, but they identify requests and pages. */
const HARMLESS_NAMES: readonly string[] = ['clienttoken', 'nexttoken']

/** Deeper values are cut: log fields are facts, not documents. This also ends cycles. */
const MAX_DEPTH = 6

/** Longer lists are cut. */
const MAX_ITEMS = 50

/** What may be written to a log: no values under secret names, errors as plain data, bounded in depth and length. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) return '[cut]'
  if (value instanceof Error) return renderError(value, depth)
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1))
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return redact(value.toJSON(), depth + 1)
  const members = Object.entries(value).slice(0, MAX_ITEMS)
  return Object.fromEntries(
    members.map(([name, member]) => [name, isSecret(name) ? REDACTED : redact(member, depth + 1)]),
  )
}

function isSecret(name: string): boolean {
  const lower = name.toLowerCase()
  if (HARMLESS_NAMES.includes(lower)) return false
  return SECRET_NAMES.includes(lower) || SECRET_ENDINGS.some((ending) => lower.endsWith(ending))
}

/** Name, message, code and cause: other members of an error may carry whole requests. */
function renderError(error: Error, depth: number): object {
  return {
    type: error.name,
    message: error.message,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && { cause: redact(error.cause, depth + 1) }),
  }
}
