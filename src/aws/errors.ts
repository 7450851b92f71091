import type { OutcomeClass } from '../kinds/run.ts'
import type { ErrorRule, ErrorVerdict } from './error-rule.ts'
import { ERROR_RULES, UNKNOWN_ERROR } from './error-rules.ts'
import { LOCAL_CODES } from './error-texts.ts'
import { FAILURE_RULES, UNKNOWN_FAILURE } from './failure-rules.ts'

const OWN_CODES: readonly string[] = Object.values(LOCAL_CODES)

/**
 * A failed AWS call, whatever the SDK threw. `code` is the service's error name, or a name of the
 * transport (`ECONNRESET`, `TimeoutError`).
 */
export class AwsError extends Error {
  override readonly name = 'AwsError'
  readonly operation: string
  readonly code: string
  readonly httpStatus: number | undefined
  /** ConflictException: the ARNs of the tasks that the token already launched. */
  readonly resourceIds: readonly string[]
  /** False only when no attempt of the call can have reached AWS, so that nothing can have happened. */
  readonly sent: boolean
  /** Requests that the call made: the SDK repeats some, and the error answers the last one alone. */
  readonly requests: number

  constructor(fields: {
    readonly operation: string
    readonly code: string
    readonly message: string
    readonly httpStatus?: number | undefined
    readonly resourceIds?: readonly string[]
    readonly sent?: boolean
    readonly requests?: number
    readonly cause?: unknown
  }) {
    super(fields.message, { cause: fields.cause })
    this.operation = fields.operation
    this.code = fields.code
    this.httpStatus = fields.httpStatus
    this.resourceIds = fields.resourceIds ?? []
    this.sent = fields.sent ?? true
    this.requests = fields.requests ?? 1
  }
}

export interface ErrorClassification {
  readonly verdict: ErrorVerdict
  /** The class of the attempt, should this error end it. */
  readonly class: OutcomeClass
  /** For people: what is wrong, AWS's own words, and the way out. */
  readonly advice: string
}

/** What an error of an AWS call means. The first matching row of ERROR_RULES decides. */
export function classifyError(error: AwsError): ErrorClassification {
  const rule = ERROR_RULES.find((candidate) => matchesError(candidate, error)) ?? UNKNOWN_ERROR
  return {
    verdict: rule.verdict,
    class: rule.class,
    advice: `${rule.advice} ${saidBy(error)}`,
  }
}

/** What was never sent was refused in Capstan's own words. */
function saidBy({ code, message }: AwsError): string {
  return OWN_CODES.includes(code) ? message : `AWS says: ${code}: ${message}`
}

/** Whether a call failed because what it names is not there (any more). */
export function isNotFound(error: unknown): boolean {
  return error instanceof AwsError && classifyError(error).verdict === 'NotFound'
}

/** What ECS documents for a request that it does not take. */
const REQUEST_REFUSED: readonly string[] = ['ClientException', 'InvalidParameterException']

/**
 * Whether AWS has refused what a request says, and would refuse the same request again. Permissions, credentials and
 * quotas are not meant: they change without the request.
 */
export function isRequestRefused(error: unknown): boolean {
  if (!(error instanceof AwsError) || !REQUEST_REFUSED.includes(error.code)) return false
  return classifyError(error).verdict === 'Terminal'
}

/** What an entry of `failures[]` in an answer means. The first matching row of FAILURE_RULES decides. */
export function classifyFailure(reason: string, detail?: string): ErrorClassification {
  const said = detail === undefined || detail === '' ? reason : `${reason} (${detail})`
  const rule = FAILURE_RULES.find((candidate) => candidate.text.test(said)) ?? UNKNOWN_FAILURE
  return { verdict: rule.verdict, class: rule.class, advice: `${rule.advice} AWS says: ${said}` }
}

function matchesError(rule: ErrorRule, error: AwsError): boolean {
  if (rule.operations && !rule.operations.includes(error.operation)) return false
  if (rule.codes && !rule.codes.includes(error.code)) return false
  if (rule.text && !rule.text.test(error.message)) return false
  if (rule.sent !== undefined && rule.sent !== error.sent) return false
  return rule.status === undefined || isWithin(error.httpStatus, rule.status)
}

function isWithin(status: number | undefined, range: readonly [number, number]): boolean {
  return status !== undefined && status >= range[0] && status <= range[1]
}
