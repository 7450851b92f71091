import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { badRequest } from './errors.ts'
import { boolQuery, wordQuery } from './query.ts'
import type { ApiRequest } from './request.ts'

/** How unknown fields are met (Kubernetes 1.27 on: Warn when nothing is said). */
export const FIELD_VALIDATIONS = ['Strict', 'Warn', 'Ignore'] as const
export type FieldValidation = (typeof FIELD_VALIDATIONS)[number]

export interface WriteOptions {
  /** Everything is checked and answered, nothing is written. */
  readonly dryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: FieldValidation
  /** Server-side apply takes over fields of other managers. */
  readonly force: boolean
}

export const PROPAGATION_POLICIES = ['Background', 'Foreground', 'Orphan'] as const
export type PropagationPolicy = (typeof PROPAGATION_POLICIES)[number]

export interface DeleteOptions {
  readonly dryRun: boolean
  readonly propagationPolicy: PropagationPolicy
  readonly uid?: string
  readonly resourceVersion?: string
}

/** As in Kubernetes (managedFields are stored with every object). */
const MAX_FIELD_MANAGER_LENGTH = 128

export function parseWriteOptions(request: ApiRequest): WriteOptions {
  const { query } = request
  const fieldManager = query.get('fieldManager') || defaultManager(request)
  if (fieldManager.length > MAX_FIELD_MANAGER_LENGTH || !/^[\x20-\x7e]+$/.test(fieldManager)) {
    throw badRequest(
      `fieldManager must be at most ${MAX_FIELD_MANAGER_LENGTH} printable characters`,
    )
  }
  return {
    dryRun: parseDryRun(query.getAll('dryRun')),
    fieldManager,
    fieldValidation: wordQuery(query, 'fieldValidation', FIELD_VALIDATIONS) ?? 'Warn',
    force: boolQuery(query, 'force'),
  }
}

/** `body` is a DeleteOptions object; the query may say the same and counts where the body is silent. */
export function parseDeleteOptions(
  query: URLSearchParams,
  body: JsonObject | undefined,
): DeleteOptions {
  const preconditions = isJsonObject(body?.['preconditions']) ? body['preconditions'] : {}
  const { uid, resourceVersion } = preconditions
  return {
    dryRun: parseDryRun([...query.getAll('dryRun'), ...textList(body?.['dryRun'])]),
    propagationPolicy: parsePropagation(query, body),
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  }
}

function parsePropagation(query: URLSearchParams, body: JsonObject | undefined): PropagationPolicy {
  const inBody = body?.['propagationPolicy']
  const text = typeof inBody === 'string' ? inBody : (query.get('propagationPolicy') ?? '')
  const policy = PROPAGATION_POLICIES.find((candidate) => candidate === text)
  if (policy) return policy
  if (text !== '') {
    throw badRequest(
      `propagationPolicy: "${text}" is not supported: use one of ${PROPAGATION_POLICIES.join(', ')}`,
    )
  }
  const isOrphaning = body?.['orphanDependents'] === true || boolQuery(query, 'orphanDependents')
  return isOrphaning ? 'Orphan' : 'Background'
}

function parseDryRun(values: readonly string[]): boolean {
  const asked = values.filter((value) => value !== '')
  if (asked.some((value) => value !== 'All')) {
    throw badRequest(`dryRun: "${asked.join(',')}" is not supported: use All`)
  }
  return asked.length > 0
}

/** What the program calls itself, up to the first slash of its User-Agent, as in Kubernetes. */
function defaultManager(request: ApiRequest): string {
  const program = (request.headers['user-agent'] ?? '').split('/')[0] ?? ''
  const printable = program.replace(/[^\x20-\x7e]/g, '').slice(0, MAX_FIELD_MANAGER_LENGTH)
  return printable === '' ? 'unknown' : printable
}

function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
