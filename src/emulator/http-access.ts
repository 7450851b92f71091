import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from './errors.ts'

export interface AccessRules {
  /** Whether only loopback names are taken as Host: keeps rebound names of web pages out. */
  readonly checkHost: boolean
  readonly accessKeyId?: string
}

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]', '::1']

export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.includes(host)
}

/** Why a request is refused before it is read; undefined when it may pass. */
export function accessProblem(
  headers: IncomingHttpHeaders,
  { checkHost, accessKeyId }: AccessRules,
): AwsError | undefined {
  if (headers.origin !== undefined) {
    return new AwsError('AccessDeniedException', 'Requests of web pages are not served.', 403)
  }
  const name = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  if (checkHost && !isLoopback(name) && !name.endsWith('.localhost')) {
    return new AwsError('AccessDeniedException', `Host '${name}' is not a loopback name.`, 403)
  }
  if (accessKeyId === undefined || accessKeyOf(headers.authorization) === accessKeyId) {
    return undefined
  }
  return new AwsError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
    403,
  )
}

function accessKeyOf(authorization: string | undefined): string | undefined {
  return /Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1]
}

/** The service in the credential scope of a SigV4 signature: `key/date/region/service/aws4_request`. */
export function signedService(authorization: string | undefined): string | undefined {
  return /Credential=[^/,\s]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization ?? '')?.[1]
}
