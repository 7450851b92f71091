import { describe, expect, test } from 'vitest'
import { validator } from '../../test/world/validator.ts'
import { checkOffline } from './offline-runs.ts'

/** Lines of a manifest from its first one on; `#!` marks the line that is at fault, at the word after it. */
interface Marked {
  readonly text: string
  readonly place: string | undefined
}

function mark(source: string): Marked {
  const lines = source.split('\n')
  const index = lines.findIndex((line) => line.includes('«'))
  const column = (lines[index]?.indexOf('«') ?? 0) + 1
  return {
    text: lines.join('\n').replace('«', ''),
    place: index < 0 ? undefined : `${index + 1}:${column}`,
  }
}

function found(...sources: readonly string[]): readonly string[] {
  const texts = sources.map((text, index) => ({ source: `f${index}.yaml`, text }))
  const { problems, warnings } = checkOffline(
    texts as Parameters<typeof checkOffline>[0],
    'default',
    validator,
  )
  return [...problems, ...warnings].map(({ file, line, column, path, message }) => {
    return `${file}:${line}:${column} ${path}: ${message}`
  })
}

const RUN = `apiVersion: capstan.dev/v1
kind: Run
metadata: {name: r}
spec:
`

const TEMPLATE = `${RUN}  template:
    image: app
`

/** Each problem that can be known offline, at the mark « in the manifest. */
const CASES: readonly (readonly [string, string, string])[] = [
  ['a pair that Fargate lacks', `${TEMPLATE}    cpu: 256\n    memory: «8192\n`, 'memory 8192'],
  ['a size that Fargate lacks', `${TEMPLATE}    cpu: «300\n`, 'Fargate has no tasks of cpu 300'],
  [
    'a network mode that Fargate lacks',
    `${TEMPLATE}    taskDefinition:\n      networkMode: «bridge\n`,
    'network mode bridge does not go with Fargate',
  ],
  [
    'awsvpc with EXTERNAL',
    `${TEMPLATE}    launchType: EXTERNAL\n    taskDefinition: {networkMode: «awsvpc}\n`,
    'awsvpc does not go with EXTERNAL',
  ],
  [
    'a network for a mode that takes none',
    `${TEMPLATE}    launchType: EC2\n    networkConfiguration: «{subnets: [subnet-1]}\n`,
    'network mode bridge takes no network configuration',
  ],
  [
    'logs without an execution role',
    `${TEMPLATE}    configureCloudwatchLogs: true\n`,
    'needs executionRoleArn',
  ],
  [
    'log options while logs are off',
    `${TEMPLATE}    cloudwatchLogsOptions: «{mode: blocking}\n`,
    'have no effect while logs are off',
  ],
  [
    'no essential container',
    `${RUN}  template:\n    taskDefinition:\n      containerDefinitions: «[{name: main, image: app, essential: false}]\n`,
    'at least one container must be essential',
  ],
  [
    'a container that is not there',
    `${RUN}  template:\n    containerName: «web\n    taskDefinition:\n      containerDefinitions: [{name: main, image: app}]\n`,
    'container web is not in the task definition',
  ],
  [
    'overrides over 8,192 characters',
    `${TEMPLATE}    env: «{LONG: ${'x'.repeat(8200)}}\n`,
    'characters of overrides; ECS takes 8192',
  ],
  ['a label that is too long', `${TEMPLATE}    labels: {team: «${'x'.repeat(300)}}\n`, '256'],
  [
    'a family without a usable character',
    `${TEMPLATE}    family: «"???"\n`,
    'no character of the family can be used',
  ],
  [
    'an ARN and a definition',
    `${TEMPLATE}    «taskDefinitionArn: job:1\n    taskDefinition: {family: x}\n`,
    'exclude each other',
  ],
  [
    'a later rung of the ladder',
    `${TEMPLATE}    cpu: «300\n    capacityLadder: [{launchType: EC2, waitSeconds: 1}, {launchType: FARGATE}]\n`,
    'Fargate has no tasks of cpu 300',
  ],
  [
    'a rung without a choice',
    `${TEMPLATE}    capacityLadder: [«{waitSeconds: 1}, {launchType: EC2}]\n`,
    'a rung has either launchType or capacityProviderStrategy',
  ],
  [
    'what a retry would change to',
    `${TEMPLATE}    launchType: EC2\n    cpu: «300\n    retry: {rules: [{when: {}, action: Retry, change: {launchType: FARGATE}}]}\n`,
    'Fargate has no tasks of cpu 300',
  ],
  [
    'providers that cannot be mixed',
    `${TEMPLATE}    capacityProviderStrategy: «[{capacityProvider: FARGATE, weight: 1}, {capacityProvider: asg, weight: 1}]\n`,
    'cannot be mixed',
  ],
  [
    'subnets and tags of subnets',
    `${TEMPLATE}    networkConfiguration: {subnets: [subnet-1], subnetTags: «{a: b}}\n`,
    'give either them or subnets',
  ],
  ['a command that no shell could split', `${TEMPLATE}    command: «"echo 'x"\n`, ''],
  [
    'a patch that cannot be applied',
    `${TEMPLATE}    taskCustomizations: [{op: replace, path: /nowhere, value: 1}]\n`,
    '',
  ],
  [
    'a literal under a name of secrets: a warning',
    `${TEMPLATE}    env: {DB_PASSWORD: «hush}\n`,
    'looks like a secret',
  ],
]

describe('what can be known without AWS', () => {
  test.each(CASES)('%s', (_, source, message) => {
    const { text, place } = mark(source)
    const lines = found(text)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(message)
    if (place !== undefined) expect(lines[0]).toMatch(new RegExp(`^f0\\.yaml:${place} `))
    expect(lines.join('\n')).not.toContain('hush')
  })
})

describe('files that belong together', () => {
  const pool = mark(`apiVersion: capstan.dev/v1
kind: WorkPool
metadata: {name: p}
spec:
  template:
    launchType: FARGATE
    memory: «8192
`)
  const deployment = (rest: string): string => `apiVersion: capstan.dev/v1
kind: Deployment
metadata: {name: d}
spec:
  workPool: p
${rest}`

  test('a value of the pool is shown there, once, for the runs and deployments that it spoils', () => {
    const own = '  template: {image: app, cpu: 256}\n'
    const run = `${RUN}  workPool: p\n${own}`
    expect(found(pool.text, deployment(own), run)).toEqual([
      expect.stringContaining(
        `f0.yaml:${pool.place} spec.template.memory: Fargate has no tasks of cpu 256 with memory 8192`,
      ),
    ])
  })

  test('a deployment without a schedule is checked as it would be started', () => {
    const { text, place } = mark(deployment('  template: {image: app, cpu: «300}\n'))
    const calm = pool.text.replace('8192', '2048')
    expect(found(calm, text)).toEqual([expect.stringMatching(new RegExp(`^f1.yaml:${place} `))])
  })

  test('what its runs have to give is not missed in it', () => {
    const calm = pool.text.replace('8192', '2048')
    const schema = '  parameterSchema: {properties: {day: {type: string}}, required: [day]}\n'
    expect(found(calm, deployment(`${schema}  template: {command: [run]}\n`))).toEqual([])
    expect(found(calm, deployment('  template: {command: [run]}\n'))).toEqual([])
  })
})
