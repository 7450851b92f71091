import type { PathStep } from '../../kinds/placeholder.ts'
import { type Json, type JsonObject, ownMember } from '../../lib/json.ts'
import type { Reporter } from './report.ts'
import { asMap, asText, isEmpty, members } from './values.ts'

/** Members of assume_role_kwargs and what `aws.assumeRole` calls them. */
const ASSUME_ROLE: Readonly<Record<string, string>> = {
  ExternalId: 'externalId',
  RoleSessionName: 'sessionName',
  DurationSeconds: 'durationSeconds',
}

/** Settings of AwsCredentials that Capstan has nothing like, and what to do instead. */
const LOST: Readonly<Record<string, string>> = {
  aws_access_key_id:
    'Give the controller a role, a profile (aws.profile), or the variables of the AWS SDK',
  aws_secret_access_key:
    'Give the controller a role or a profile, and delete the key when nothing uses it',
  aws_session_token: 'Temporary credentials expire: set aws.assumeRole, which renews them',
}

/** Part of a block document that says nothing about AWS. */
const BLOCK_WORDS = ['block_type_slug', 'type', '_block_document_id', '_block_document_name']

/**
 * `aws` of a WorkPool from an AwsCredentials block: region, profile, endpoint and the role to assume.
 * Undefined when nothing of it can be kept. Keys are never copied.
 */
export function toAwsSettings(
  value: Json | undefined,
  path: readonly PathStep[],
  report: Reporter,
): JsonObject | undefined {
  const credentials = asMap(value)
  if (credentials['$ref'] !== undefined || typeof value === 'string') {
    const reason = 'it refers to an AwsCredentials block, whose content is not in this file'
    const action = 'Set spec.aws of the WorkPool, or leave it to the default chain of the AWS SDK'
    report.lost({ path, value }, reason, action)
    return undefined
  }
  const clientParameters = asMap(credentials['aws_client_parameters'])
  const settings: Readonly<Record<string, Json | undefined>> = {
    region: asText(credentials['region_name']),
    endpoint: asText(clientParameters['endpoint_url']),
    profile: asText(credentials['profile_name']),
    assumeRole: toAssumeRole(credentials, [...path, 'assume_role_kwargs'], report),
  }
  reportLost(credentials, path, report)
  for (const [name, item] of members(clientParameters)) {
    if (name === 'endpoint_url' || isDefaultParameter(name, item)) continue
    const place = { path: [...path, 'aws_client_parameters', name], value: item }
    report.lost(
      place,
      'the AWS clients are set up by Capstan',
      'Use the AWS SDK configuration file',
    )
  }
  const kept = members(settings).filter(([, item]) => !isEmpty(item))
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}

/** What AwsClientParameters says when nobody set anything. */
function isDefaultParameter(name: string, value: Json): boolean {
  return (
    isEmpty(value) ||
    (name === 'use_ssl' && value === true) ||
    (name === 'verify' && value === true)
  )
}

const KNOWN = [
  'region_name',
  'profile_name',
  'aws_client_parameters',
  'assume_role_arn',
  'assume_role_kwargs',
]

function reportLost(credentials: JsonObject, path: readonly PathStep[], report: Reporter): void {
  for (const [name, value] of members(credentials)) {
    if (KNOWN.includes(name) || BLOCK_WORDS.includes(name) || isEmpty(value)) continue
    const action = ownMember(LOST, name)
    const place = { path: [...path, name], value }
    if (action === undefined) report.lost(place, 'spec.aws has no such setting', 'Use a profile')
    else report.lost(place, 'keys do not belong in manifests', action)
  }
}

function toAssumeRole(
  credentials: JsonObject,
  path: readonly PathStep[],
  report: Reporter,
): JsonObject | undefined {
  const roleArn = asText(credentials['assume_role_arn'])
  if (roleArn === undefined) return undefined
  const options = members(credentials['assume_role_kwargs'])
  for (const [name, value] of options.filter(
    ([key]) => ownMember(ASSUME_ROLE, key) === undefined,
  )) {
    const reason = 'aws.assumeRole has no such setting'
    report.lost(
      { path: [...path, name], value },
      reason,
      'Use a profile that assumes the role with it',
    )
  }
  const kept = options.flatMap(([key, value]): readonly [string, Json][] => {
    const name = ownMember(ASSUME_ROLE, key)
    return name === undefined || value === null ? [] : [[name, value]]
  })
  return { roleArn, ...Object.fromEntries(kept) }
}
