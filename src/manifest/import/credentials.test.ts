import { expect, test } from 'vitest'
import type { Json } from '../../lib/json.ts'
import { toAwsSettings } from './credentials.ts'
import { createReporter } from './report.ts'

function convert(value: Json) {
  const report = createReporter()
  return { aws: toAwsSettings(value, ['aws_credentials'], report), report }
}

test('region, endpoint, profile and role become spec.aws', () => {
  const { aws, report } = convert({
    region_name: 'eu-west-1',
    profile_name: 'batch',
    assume_role_arn: 'arn:aws:iam::123456789012:role/x',
    assume_role_kwargs: { ExternalId: '4711', RoleSessionName: 's', DurationSeconds: 900 },
    aws_client_parameters: { endpoint_url: 'http://localhost:4566', use_ssl: true, verify: true },
  })
  expect(aws).toEqual({
    region: 'eu-west-1',
    endpoint: 'http://localhost:4566',
    profile: 'batch',
    assumeRole: {
      roleArn: 'arn:aws:iam::123456789012:role/x',
      externalId: '4711',
      sessionName: 's',
      durationSeconds: 900,
    },
  })
  expect(report.notes).toEqual([])
})

test('keys are never copied, and never reported with their value', () => {
  const { aws, report } = convert({
    aws_access_key_id: 'AKIAEXAMPLE',
    aws_secret_access_key: 'hunter2',
    aws_session_token: 'hunter3',
  })
  expect(aws).toBeUndefined()
  expect(report.notes.map(({ path }) => path)).toEqual([
    'aws_credentials.aws_access_key_id',
    'aws_credentials.aws_secret_access_key',
    'aws_credentials.aws_session_token',
  ])
  expect(JSON.stringify(report.notes)).not.toMatch(/AKIAEXAMPLE|hunter/)
})

test.each([
  [{ $ref: { block_document_id: 'x' } }, 'aws_credentials'],
  [{ assume_role_arn: 'r', assume_role_kwargs: { Policy: '{}' } }, 'assume_role_kwargs.Policy'],
  [{ aws_client_parameters: { verify: false } }, 'aws_client_parameters.verify'],
  [{ minio_root_user: 'x' }, 'aws_credentials.minio_root_user'],
])('%j is reported', (value, path) => {
  expect(
    convert(value)
      .report.notes.map((note) => note.path)
      .join(),
  ).toContain(path)
})
