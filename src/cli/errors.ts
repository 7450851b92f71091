import { isJsonObject } from '../lib/json.ts'

/** A failure that the user can understand as it stands: its message is printed, never its stack. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: number
  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.exitCode = options.exitCode ?? 1
  }
}

/** A command line that cannot be meant: the hint names where its help is. */
export class UsageError extends CliError {}

/** The API could not be reached, or the connection to it broke. */
export class UnreachableError extends CliError {}

/** Nobody answers where the controller should be: it is not running, or not yet. */
export class AbsentControllerError extends UnreachableError {}

/** Problems with their places in files, laid out already. */
export class ProblemReport extends CliError {}

/** Several things failed one by one; each line was decided on its own, as kubectl does for a list of files. */
export class ManyErrors extends CliError {
  readonly errors: readonly unknown[]
  constructor(errors: readonly unknown[]) {
    super(`${errors.length} errors`)
    this.errors = errors
  }
}

/** The Kubernetes Status object of a refused request. */
export interface ApiStatus {
  readonly message: string
  readonly reason: string
  readonly code: number
  readonly name: string
  readonly kind: string
  readonly causes: readonly { readonly field: string; readonly message: string }[]
}

export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: ApiStatus
  constructor(status: ApiStatus) {
    super(status.message)
    this.status = status
  }
}

/** Reads a Status body; whatever else a server or a proxy may answer becomes one too. */
export function parseStatus(body: unknown, httpCode: number): ApiStatus {
  const status = isJsonObject(body) ? body : {}
  const details = isJsonObject(status['details']) ? status['details'] : {}
  const causes = Array.isArray(details['causes']) ? details['causes'] : []
  return {
    message: textOf(status['message']) ?? `the server answered with HTTP ${httpCode}`,
    reason: textOf(status['reason']) ?? '',
    code: typeof status['code'] === 'number' ? status['code'] : httpCode,
    name: textOf(details['name']) ?? '',
    kind: textOf(details['kind']) ?? '',
    causes: causes.filter(isJsonObject).map((cause) => ({
      field: textOf(cause['field']) ?? '',
      message: textOf(cause['message']) ?? '',
    })),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function isReason(error: unknown, reason: string): error is ApiError {
  return error instanceof ApiError && error.status.reason === reason
}

/** The same refusal, saying which step on which file it hit: `error when creating "run.yaml": …`. */
export function withSource(error: unknown, doing: string, source: string): unknown {
  if (!(error instanceof ApiError) || error.status.reason === 'Invalid') return error
  const message = `error when ${doing} ${JSON.stringify(source)}: ${error.status.message}`
  return new ApiError({ ...error.status, message })
}

/** What goes to stderr for anything that a command threw, in kubectl's words. */
export function renderError(error: unknown): string {
  if (error instanceof ManyErrors) return error.errors.map(renderError).join('\n')
  if (error instanceof ApiError) return renderStatus(error.status)
  if (error instanceof ProblemReport) return error.message
  if (error instanceof CliError) return `error: ${error.message}`
  return `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}

function renderStatus(status: ApiStatus): string {
  if (status.code === 401) {
    return 'error: You must be logged in to the server (Unauthorized)'
  }
  if (status.reason === 'Invalid' && status.kind !== '') return renderInvalid(status)
  const reason = status.reason === '' ? '' : ` (${status.reason})`
  return `Error from server${reason}: ${status.message}`
}

/** kubectl's form for 422: one cause on the same line, several as a list. */
function renderInvalid(status: ApiStatus): string {
  const subject = `The ${status.kind} ${JSON.stringify(status.name)} is invalid`
  const causes = [...new Set(status.causes.map(({ field, message }) => `${field}: ${message}`))]
  if (causes.length === 0) return `${subject}: ${status.message}`
  if (causes.length === 1) return `${subject}: ${causes[0]}`
  return `${subject}: \n${causes.map((cause) => `* ${cause}`).join('\n')}`
}

/** The exit code of a command that threw `error`. */
export function exitCodeOf(error: unknown): number {
  return error instanceof CliError ? error.exitCode : 1
}
