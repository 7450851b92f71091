import type { IncomingHttpHeaders } from 'node:http'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { parseQuery } from './ec2/query.ts'
import { renderXml, renderXmlError } from './ec2/xml.ts'
import type { EmulatorReply, EmulatorRequest } from './emulator.ts'
import { AwsError, type Service, unknownOperation } from './errors.ts'
import { signedService } from './http-access.ts'

/** Prefixes of X-Amz-Target. */
const TARGETS = {
  AmazonEC2ContainerServiceV20141113: 'ecs',
  Logs_20140328: 'logs',
} as const satisfies Readonly<Record<string, Service>>

const JSON_TYPE = 'application/x-amz-json-1.1'

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export type ParsedRequest =
  | { readonly type: 'Parsed'; readonly request: EmulatorRequest }
  | { readonly type: 'Refused'; readonly service: Service; readonly error: AwsError }

/** Reads a request of AWS JSON 1.1 (by its X-Amz-Target) or of the EC2 Query protocol. */
export function parseHttpRequest(
  method: string | undefined,
  headers: IncomingHttpHeaders,
  body: string,
): ParsedRequest {
  const target = headers['x-amz-target']
  if (method !== 'POST') return refused('ecs', unknownOperation('ecs'))
  if (typeof target === 'string') return parseJson(target, body)
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
  if (isForm || signedService(headers.authorization) === 'ec2') return parseForm(body)
  return refused('ecs', unknownOperation('ecs'))
}

function parseJson(target: string, body: string): ParsedRequest {
  const [prefix = '', operation = ''] = target.split('.')
  const service = serviceOf(prefix)
  if (!service) return refused('ecs', unknownOperation('ecs'))
  try {
    const input: unknown = body === '' ? {} : JSON.parse(body)
    if (isJsonObject(input)) return { type: 'Parsed', request: { service, operation, input } }
  } catch {
    // Falls through to the same answer as a body that is no object.
  }
  return refused(service, new AwsError('SerializationException', 'The body is no JSON object.'))
}

function serviceOf(prefix: string): Service | undefined {
  return Object.entries(TARGETS).find(([name]) => name === prefix)?.[1]
}

function parseForm(body: string): ParsedRequest {
  try {
    return { type: 'Parsed', request: { service: 'ec2', ...parseQuery(body) } }
  } catch (error) {
    if (error instanceof AwsError) return refused('ec2', error)
    throw error
  }
}

function refused(service: Service, error: AwsError): ParsedRequest {
  return { type: 'Refused', service, error }
}

export function renderReply(
  request: EmulatorRequest,
  reply: Exclude<EmulatorReply, { type: 'Reset' }>,
  requestId: string,
): HttpAnswer {
  if (reply.type === 'Error') return renderError(reply.error, request.service, requestId)
  if (request.service === 'ec2') {
    const body = renderXml(request.operation, reply.body, requestId)
    return { status: 200, contentType: 'text/xml;charset=UTF-8', body }
  }
  return { status: 200, contentType: JSON_TYPE, body: JSON.stringify(reply.body) }
}

export function renderError(error: AwsError, service: Service, requestId: string): HttpAnswer {
  if (service === 'ec2') {
    const body = renderXmlError(error, requestId)
    return { status: error.status, contentType: 'text/xml;charset=UTF-8', body }
  }
  const body: JsonObject = { __type: error.code, message: error.message, ...error.details }
  return { status: error.status, contentType: JSON_TYPE, body: JSON.stringify(body) }
}
