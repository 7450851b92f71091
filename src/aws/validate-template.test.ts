import { expect, test } from 'vitest'
import type { TemplateSpec } from '../kinds/generated.ts'
import { renderTemplatePath } from './template-problem.ts'
import { validateTemplate } from './validate-template.ts'

const NAMES = { namespace: 'default', run: 'hello', workPool: 'default' }

function found(template: TemplateSpec): readonly string[] {
  return validateTemplate(template, NAMES).map(
    ({ severity, path, message }) => `${severity} ${renderTemplatePath(path)}: ${message}`,
  )
}

test.each<TemplateSpec>([
  { image: 'x' },
  { image: 'x', launchType: 'EC2' },
  { taskDefinitionArn: 'family:3' },
  { taskDefinitionArn: 'family:3', streamOutput: true, secrets: { A: 'arn:a' } },
  {
    image: 'x',
    capacityLadder: [{ launchType: 'FARGATE_SPOT', waitSeconds: 60 }, { launchType: 'EC2' }],
  },
  { image: 'x', env: { PREFECT_RUNNER_HEARTBEAT_FREQUENCY: 60 } },
  { image: 'x', networkConfiguration: { subnets: ['subnet-1'] }, vpcId: 'vpc-1' },
])('nothing is wrong with %j', (template) => {
  expect(found(template)).toEqual([])
})

const CASES: readonly (readonly [TemplateSpec, string])[] = [
  [{ image: 'x', cpu: 300 }, 'Error cpu: Fargate has no tasks of cpu 300'],
  [
    {
      image: 'x',
      capacityProviderStrategy: [
        { capacityProvider: 'FARGATE' },
        { capacityProvider: 'asg', weight: 1 },
      ],
    },
    'Error capacityProviderStrategy: FARGATE and FARGATE_SPOT cannot be mixed',
  ],
  [{ image: 'x', capacityLadder: [{}] }, 'Error capacityLadder[0]: a rung needs'],
  [
    { image: 'x', networkConfiguration: { subnets: ['subnet-1'], subnetTags: { a: 'b' } } },
    'Error networkConfiguration.subnetTags: ',
  ],
  [
    {
      image: 'x',
      launchType: 'EC2',
      cpu: 300,
      retry: { rules: [{ when: {}, action: 'Retry', change: { launchType: 'FARGATE' } }] },
    },
    'Error cpu: Fargate has no tasks of cpu 300',
  ],
  [
    { image: 'x', cpu: 300, capacityLadder: [{ launchType: 'EC2' }, { launchType: 'FARGATE' }] },
    'Error cpu: Fargate has no tasks of cpu 300',
  ],
  [{ taskDefinitionArn: 'f:1', command: "'" }, 'Error command: '],
  [{ taskDefinitionArn: 'f:1', labels: { a: 'x'.repeat(300) } }, 'Error labels.a: '],
  [
    { image: 'x', env: { DB_PASSWORD: 'hush' } },
    'Warning env.DB_PASSWORD: DB_PASSWORD looks like a secret and is written in plain text: use secrets',
  ],
]
test.each(CASES)('%j', (template, line) => {
  const lines = found(template)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain(line)
  expect(lines.join()).not.toContain('hush')
})

test.each(['CAPSTAN_HEARTBEAT_TOKEN', 'EMPTY_TOKEN', 'NUMBER_OF_TOKENS'])(
  '%s is no secret',
  (name) => {
    const value = { CAPSTAN_HEARTBEAT_TOKEN: 'x', EMPTY_TOKEN: '', NUMBER_OF_TOKENS: 7 }[name] ?? ''
    expect(found({ image: 'x', env: { [name]: value } })).toEqual([])
  },
)
