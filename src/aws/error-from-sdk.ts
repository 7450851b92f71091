import { isJsonObject } from '../lib/json.ts'
import { AwsError } from './errors.ts'

/** Faults that come before the first byte leaves: no name, no connection, no credentials to sign with. */
const NEVER_SENT: readonly string[] = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'CredentialsProviderError',
  'TokenProviderError',
]

/** Anything that an SDK call threw, as an AwsError. */
export function toAwsError(operation: string, thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown
  const code = codeOf(thrown)
  return new AwsError({
    operation,
    code,
    message: messageOf(thrown, code),
    httpStatus: metadataNumber(thrown, 'httpStatusCode'),
    resourceIds: resourceIdsOf(thrown),
    // An earlier attempt of the SDK may have arrived, so only a single one proves anything.
    sent: !(NEVER_SENT.includes(code) && attemptsOf(thrown) <= 1),
    requests: attemptsOf(thrown),
    cause: thrown,
  })
}

/** Requests that went out for an answer or an error of the SDK; 1 when it does not tell. */
export function attemptsOf(answer: unknown): number {
  return metadataNumber(answer, 'attempts') ?? 1
}

/** Service errors are named by the service, faults of the transport by Node's code. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'UnknownError'
  const isFromService = '$fault' in thrown || '$service' in thrown
  if (isFromService && thrown.name !== 'Error') return thrown.name
  const code = systemCode(thrown)
  if (code !== undefined) return code
  return thrown.name === 'Error' ? 'UnknownError' : thrown.name
}

function systemCode(error: Error): string | undefined {
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error instanceof AggregateError) {
    return error.errors
      .map((inner) => (inner instanceof Error ? systemCode(inner) : undefined))
      .find(Boolean)
  }
  return undefined
}

function messageOf(thrown: unknown, code: string): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const upperCase = 'Message' in thrown && typeof thrown.Message === 'string' ? thrown.Message : ''
  return thrown.message || upperCase || code
}

function metadataNumber(value: unknown, member: string): number | undefined {
  if (typeof value !== 'object' || value === null || !('$metadata' in value)) return undefined
  const metadata = value.$metadata
  const number = isJsonObject(metadata) ? metadata[member] : undefined
  return typeof number === 'number' ? number : undefined
}

function resourceIdsOf(thrown: unknown): readonly string[] {
  if (!(thrown instanceof Error) || !('resourceIds' in thrown)) return []
  const ids: unknown = thrown.resourceIds
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : []
}
