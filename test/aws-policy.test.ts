import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PAGE = readFileSync(join(ROOT, 'docs/aws.md'), 'utf8')

interface Statement {
  readonly Sid: string
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >
}

const STATEMENTS: readonly Statement[] = PAGE.split('```json\n')
  .slice(1)
  .flatMap((rest) => {
    const text = rest.slice(0, rest.indexOf('```'))
    return (JSON.parse(text) as { readonly Statement: readonly Statement[] }).Statement
  })

interface Request {
  readonly action: string
  readonly resource: string
  /** Values of condition keys. */
  readonly keys?: Readonly<Record<string, string>>
}

/** What IAM decides about a request: as much of it as the policy uses. */
function isAllowed(request: Request): boolean {
  return STATEMENTS.some(
    ({ Effect, Action, Resource, Condition = {} }) =>
      Effect === 'Allow' &&
      listOf(Action).some((pattern) => matches(pattern, request.action)) &&
      listOf(Resource).some((pattern) => matches(pattern, request.resource)) &&
      Object.entries(Condition).every(([operator, keys]) => {
        expect(['StringEquals', 'ArnEquals']).toContain(operator)
        return Object.entries(keys).every(([key, values]) =>
          listOf(values).includes(request.keys?.[key] ?? ''),
        )
      }),
  )
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(text)
}

const ECS = 'arn:aws:ecs:eu-central-1:123456789012'
const LOGS = 'arn:aws:logs:eu-central-1:123456789012'
const CLUSTER = { 'ecs:cluster': `${ECS}:cluster/default` }
const OWN = { 'aws:ResourceTag/capstan.dev/controller': 'default' }
const TASK = `${ECS}:task/default/0123456789abcdef0123456789abcdef`
const TO_TASKS = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }

/** A request that Capstan makes, for each operation. */
const MADE: readonly Request[] = [
  {
    action: 'ecs:RunTask',
    resource: `${ECS}:task-definition/capstan-default-etl:3`,
    keys: CLUSTER,
  },
  { action: 'ecs:RunTask', resource: `${ECS}:task-definition/terraform:1`, keys: CLUSTER },
  { action: 'ecs:StopTask', resource: TASK, keys: { ...CLUSTER, ...OWN } },
  { action: 'ecs:DescribeTasks', resource: TASK, keys: CLUSTER },
  { action: 'ecs:ListTasks', resource: '*', keys: CLUSTER },
  { action: 'ecs:RegisterTaskDefinition', resource: '*' },
  { action: 'ecs:DescribeTaskDefinition', resource: '*' },
  { action: 'ecs:ListTaskDefinitions', resource: '*' },
  { action: 'ecs:ListClusters', resource: '*' },
  { action: 'ecs:DeregisterTaskDefinition', resource: '*' },
  { action: 'ecs:DeleteTaskDefinitions', resource: `${ECS}:task-definition/capstan-default-etl:3` },
  { action: 'ecs:TagResource', resource: TASK, keys: { 'ecs:CreateAction': 'RunTask' } },
  {
    action: 'ecs:TagResource',
    resource: `${ECS}:task-definition/x:1`,
    keys: { 'ecs:CreateAction': 'RegisterTaskDefinition' },
  },
  { action: 'iam:PassRole', resource: 'arn:aws:iam::123456789012:role/report', keys: TO_TASKS },
  { action: 'ec2:DescribeVpcs', resource: '*' },
  { action: 'ec2:DescribeSubnets', resource: '*' },
  { action: 'logs:GetLogEvents', resource: `${LOGS}:log-group:capstan:log-stream:a/main/1` },
  { action: 'logs:FilterLogEvents', resource: `${LOGS}:log-group:capstan` },
  { action: 'sts:AssumeRole', resource: 'arn:aws:iam::210987654321:role/capstan' },
]

/** Near misses: what a taken-over controller must not be able to do. */
const NOT_MADE: readonly Request[] = [
  {
    action: 'ecs:RunTask',
    resource: `${ECS}:task-definition/x:1`,
    keys: { 'ecs:cluster': `${ECS}:cluster/production` },
  },
  { action: 'ecs:RunTask', resource: `${ECS}:task-definition/x:1` },
  { action: 'ecs:StartTask', resource: `${ECS}:task-definition/x:1`, keys: CLUSTER },
  { action: 'ecs:StopTask', resource: TASK, keys: CLUSTER },
  {
    action: 'ecs:StopTask',
    resource: TASK,
    keys: { 'aws:ResourceTag/capstan.dev/controller': 'other' },
  },
  { action: 'ecs:StopTask', resource: `${ECS}:task/production/1`, keys: OWN },
  { action: 'ecs:DescribeTasks', resource: `${ECS}:task/production/1` },
  { action: 'ecs:ListTasks', resource: '*', keys: { 'ecs:cluster': `${ECS}:cluster/production` } },
  { action: 'ecs:ExecuteCommand', resource: TASK, keys: CLUSTER },
  { action: 'ecs:UpdateService', resource: `${ECS}:service/default/x` },
  { action: 'ecs:DeleteCluster', resource: `${ECS}:cluster/default` },
  { action: 'ecs:DeleteTaskDefinitions', resource: `${ECS}:task-definition/terraform:1` },
  { action: 'ecs:TagResource', resource: TASK },
  {
    action: 'ecs:TagResource',
    resource: `${ECS}:service/default/x`,
    keys: { 'ecs:CreateAction': 'CreateService' },
  },
  { action: 'ecs:UntagResource', resource: TASK },
  { action: 'iam:PassRole', resource: 'arn:aws:iam::123456789012:role/report' },
  {
    action: 'iam:PassRole',
    resource: 'arn:aws:iam::123456789012:role/report',
    keys: { 'iam:PassedToService': 'ec2.amazonaws.com' },
  },
  { action: 'iam:PassRole', resource: 'arn:aws:iam::123456789012:role/admin', keys: TO_TASKS },
  { action: 'logs:GetLogEvents', resource: `${LOGS}:log-group:other:log-stream:x` },
  { action: 'logs:PutLogEvents', resource: `${LOGS}:log-group:capstan:log-stream:x` },
  { action: 'ec2:DescribeInstances', resource: '*' },
  { action: 'sts:AssumeRole', resource: 'arn:aws:iam::210987654321:role/admin' },
]

/** Clients of the SDK, and the prefix that IAM has for their actions. */
const SERVICES: Readonly<Record<string, string>> = {
  'client-ecs': 'ecs',
  'client-ec2': 'ec2',
  'client-cloudwatch-logs': 'logs',
}

/** The actions of all commands that src/aws sends. */
function usedActions(): readonly string[] {
  const folder = join(ROOT, 'src/aws')
  const files = readdirSync(folder).filter((name) => /(?<!\.test)\.ts$/.test(name))
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8')
    const service = /from '@aws-sdk\/([\w-]+)'/.exec(text)?.[1] ?? ''
    const operations = [...text.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name)
    return operations.map((name) => `${SERVICES[service]}:${name}`)
  })
}

describe('the policy in docs/aws.md', () => {
  test('is about every operation that is called', () => {
    const used = [...new Set(usedActions())].toSorted()
    expect(used.length).toBeGreaterThan(12)
    expect(used.filter((action) => !MADE.some((request) => request.action === action))).toEqual([])
  })

  test.each(MADE)('allows $action on $resource', (request) => {
    expect(isAllowed(request)).toBe(true)
  })

  test.each(NOT_MADE)('denies $action on $resource with $keys', (request) => {
    expect(isAllowed(request)).toBe(false)
  })

  test('names no action by a wildcard, and no role either', () => {
    expect(STATEMENTS.flatMap(({ Action }) => listOf(Action)).join()).not.toContain('*')
    const roles = STATEMENTS.filter(({ Action }) =>
      listOf(Action).some((action) => /PassRole|AssumeRole/.test(action)),
    )
    expect(roles).toHaveLength(2)
    expect(roles.flatMap(({ Resource }) => listOf(Resource)).join()).not.toContain('*')
  })

  test('has a row of the table for each action', () => {
    const actions = STATEMENTS.flatMap(({ Action }) => listOf(Action))
    expect(actions.filter((action) => !PAGE.includes(`| \`${action}\` |`))).toEqual([])
  })
})
