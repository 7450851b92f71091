import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { validator } from '../../../test/world/validator.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { importSource } from './import.ts'

const FIXTURE = join(import.meta.dirname, '../../../test/fixtures/base-job-template.json')

interface MutableTemplate {
  variables: { properties: Record<string, Json>; required?: string[] }
  job_configuration: Record<string, Json>
}

function convert(change: (template: MutableTemplate) => void = () => undefined) {
  const template = JSON.parse(readFileSync(FIXTURE, 'utf8')) as MutableTemplate
  change(template)
  const result = importSource({
    text: JSON.stringify(template),
    kind: undefined,
    fallbackName: 'ecs',
    namespace: 'team',
    validator,
  })
  if (!result.ok) throw new Error(result.problem)
  const [pool = {}] = result.manifests
  const spec = isJsonObject(pool['spec']) ? pool['spec'] : {}
  const properties = isJsonObject(spec['variables']) ? spec['variables']['properties'] : {}
  return {
    metadata: pool['metadata'],
    spec,
    template: spec['template'] as JsonObject,
    properties: properties as JsonObject,
    notes: result.notes.map(({ kind, path }) => `${kind} ${path}`),
  }
}

function variable(name: string, value: Json): (template: MutableTemplate) => void {
  return ({ variables }) => {
    const property = variables.properties[name]
    variables.properties[name] = { ...(isJsonObject(property) ? property : {}), default: value }
  }
}

function setting(name: string, value: Json): (template: MutableTemplate) => void {
  return ({ job_configuration: configuration }) => {
    configuration[name] = value
  }
}

function inRequest(members: JsonObject): (template: MutableTemplate) => void {
  return ({ job_configuration: configuration }) => {
    const request = configuration['task_run_request']
    configuration['task_run_request'] = { ...(isJsonObject(request) ? request : {}), ...members }
  }
}

test('every setting of the default template keeps its variable', () => {
  const { template, metadata, properties } = convert()
  expect(metadata).toEqual({ name: 'ecs', namespace: 'team' })
  expect(template).toEqual({
    image: '{{ image }}',
    command: '{{ command }}',
    cluster: '{{ cluster }}',
    family: '{{ family }}',
    launchType: '{{ launch_type }}',
    capacityProviderStrategy: '{{ capacity_provider_strategy }}',
    cpu: '{{ cpu }}',
    memory: '{{ memory }}',
    containerName: '{{ container_name }}',
    secrets: {
      PREFECT_API_KEY: '{{ prefect_api_key_secret_arn }}',
      PREFECT_API_AUTH_STRING: '{{ prefect_api_auth_string_secret_arn }}',
    },
    taskRoleArn: '{{ task_role_arn }}',
    executionRoleArn: '{{ execution_role_arn }}',
    vpcId: '{{ vpc_id }}',
    networkConfiguration: '{{ network_configuration }}',
    configureCloudwatchLogs: '{{ configure_cloudwatch_logs }}',
    cloudwatchLogsOptions: '{{ cloudwatch_logs_options }}',
    cloudwatchLogsPrefix: '{{ cloudwatch_logs_prefix }}',
    autoDeregisterTaskDefinition: '{{ auto_deregister_task_definition }}',
    taskDefinitionArn: '{{ task_definition_arn }}',
    taskDefinitionArnMode: 'UseAsIs',
  })
  const unused = Object.keys(properties).filter(
    (name) => !JSON.stringify(template).includes(`{{ ${name} }}`),
  )
  expect(unused).toEqual([])
})

/** An edit of the template, and the fields that it leads to. */
const EDITS: readonly (readonly [string, (template: MutableTemplate) => void, JsonObject])[] = [
  ['env as default', variable('env', { A: '1' }), { env: { A: '1' } }],
  ['env as literal', setting('env', { A: '{{ cluster }}' }), { env: { A: '{{ cluster }}' } }],
  ['labels as default', variable('labels', { team: 'x' }), { labels: { team: 'x' } }],
  ['labels as tags', inRequest({ tags: [{ key: 'team', value: 'x' }] }), { labels: { team: 'x' } }],
  [
    'environment of the override',
    inRequest({
      overrides: { containerOverrides: [{ environment: [{ name: 'A', value: '1' }] }] },
    }),
    { env: { A: '1' } },
  ],
  ['a literal launch type', inRequest({ launchType: 'EC2' }), { launchType: 'EC2' }],
  ['a literal ARN', inRequest({ taskDefinition: 'f:3' }), { taskDefinitionArn: 'f:3' }],
  ['streaming', setting('stream_output', true), { streamOutput: true }],
  ['a start timeout', setting('task_start_timeout_seconds', 60), { taskStartTimeoutSeconds: 60 }],
  [
    'matching revisions',
    setting('match_latest_revision_in_family', true),
    { matchLatestRevisionInFamily: true },
  ],
  ['platform version', inRequest({ platformVersion: '1.4.0' }), { platformVersion: '1.4.0' }],
  ['execute command', inRequest({ enableExecuteCommand: true }), { enableExecuteCommand: true }],
  [
    'propagated tags',
    inRequest({ propagateTags: 'TASK_DEFINITION' }),
    { propagateTags: 'TASK_DEFINITION' },
  ],
  [
    'a network in the request',
    inRequest({ networkConfiguration: { awsvpcConfiguration: { subnets: ['{{ subnet }}'] } } }),
    { networkConfiguration: { subnets: ['{{ subnet }}'], assignPublicIp: 'DISABLED' } },
  ],
  [
    'a network wrapped twice by Prefect',
    inRequest({
      networkConfiguration: { awsvpcConfiguration: { awsvpcConfiguration: { subnets: ['a'] } } },
    }),
    { networkConfiguration: { subnets: ['a'], assignPublicIp: 'DISABLED' } },
  ],
  [
    'what only a patch can say',
    inRequest({ enableECSManagedTags: true, volumeConfigurations: [{ name: 'v' }] }),
    {
      taskCustomizations: [
        { op: 'add', path: '/enableECSManagedTags', value: true },
        { op: 'add', path: '/volumeConfigurations', value: [{ name: 'v' }] },
      ],
    },
  ],
  [
    'a definition for EC2 without a launch type',
    ({ job_configuration: configuration }) => {
      configuration['task_definition'] = { requiresCompatibilities: ['EC2'] }
      configuration['task_run_request'] = {}
    },
    { launchType: 'NONE', taskDefinition: { requiresCompatibilities: ['EC2'] } },
  ],
  [
    'literal sizes of the definition',
    setting('task_definition', { cpu: '512', memory: '1024', family: 'own' }),
    { taskDefinition: { cpu: '512', memory: '1024' }, family: 'own' },
  ],
]

describe('edited templates', () => {
  test.each(EDITS)('%s', (_, change, fields) => {
    expect(convert(change).template).toMatchObject(fields)
  })

  test('a launch type and a strategy do not contradict each other while they are placeholders', () => {
    expect(convert().notes.filter((note) => note.includes('manifest'))).toEqual([])
  })

  test('a definition that was edited stays, and a link to another replaces it', () => {
    const { template, notes } = convert(setting('task_definition', { volumes: [{ name: 'v' }] }))
    expect(template['taskDefinition']).toEqual({ volumes: [{ name: 'v' }] })
    expect(template['taskDefinitionArn']).toBeUndefined()
    expect(notes).toContain('Changed job_configuration.task_run_request.taskDefinition')
  })
})

describe('variables', () => {
  test('a name that only a placeholder uses is declared', () => {
    const { properties } = convert(setting('env', { A: '{{ stage }}' }))
    expect(properties['stage']).toEqual({})
  })

  test('a Prefect variable becomes one of the pool', () => {
    const { template, properties } = convert(setting('env', { A: '{{ prefect.variables.stage }}' }))
    expect(template['env']).toEqual({ A: '{{ stage }}' })
    expect(properties['stage']).toEqual({})
  })

  test('the network of a default is unwrapped', () => {
    const wrapped = { awsvpcConfiguration: { subnets: ['a'], assignPublicIp: 'ENABLED' } }
    const { properties } = convert(variable('network_configuration', wrapped))
    expect(properties['network_configuration']).toMatchObject({
      default: { subnets: ['a'], assignPublicIp: 'ENABLED' },
    })
  })

  test('what is required stays required, and definitions that are used stay', () => {
    const { spec } = convert(({ variables }) => {
      variables.required = ['image', 'env']
    })
    expect(spec['variables']).toMatchObject({ required: ['image'] })
    const definitions = (spec['variables'] as JsonObject)['definitions'] as JsonObject
    expect(Object.keys(definitions)).toEqual(['CapacityProvider'])
  })
})

/** A placeholder that stands for a whole part of the template, the default of its variable, and what comes of it. */
const PARTS: readonly (readonly [
  string,
  (value: Json) => (template: MutableTemplate) => void,
  Json,
  JsonObject,
])[] = [
  [
    'task_definition',
    (value) => setting('task_definition', value),
    { cpu: '512', containerDefinitions: [{ name: 'prefect', image: 'x:1', user: 'me' }] },
    {
      image: 'x:1',
      taskDefinition: { cpu: '512', containerDefinitions: [{ name: 'prefect', user: 'me' }] },
    },
  ],
  [
    'containerDefinitions',
    (value) => setting('task_definition', { containerDefinitions: value }),
    [{ name: 'prefect', image: 'x:1', user: '{{ a }}' }],
    {
      image: 'x:1',
      taskDefinition: { containerDefinitions: [{ name: 'prefect', user: '\\{{ a }}' }] },
    },
  ],
  [
    'task_run_request',
    (value) => setting('task_run_request', value),
    { cluster: 'big', enableExecuteCommand: true },
    { cluster: 'big', enableExecuteCommand: true },
  ],
  [
    'networkConfiguration',
    (value) => inRequest({ networkConfiguration: value }),
    { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    { networkConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'DISABLED' } },
  ],
  [
    'overrides',
    (value) => inRequest({ overrides: value }),
    { taskRoleArn: 'arn:role' },
    { taskRoleArn: 'arn:role' },
  ],
  ['tags', (value) => inRequest({ tags: value }), { team: 'data' }, { labels: { team: 'data' } }],
  ['labels', (value) => setting('labels', value), { team: 'data' }, { labels: { team: 'data' } }],
]

describe.each(PARTS)('a placeholder for all of %s', (name, change, value, expected) => {
  const whole = (template: MutableTemplate): void => change('{{ whole }}')(template)

  test('is taken apart where its variable has a default', () => {
    const { template, notes } = convert((written) => {
      whole(written)
      written.variables.properties['whole'] = { type: 'object', default: value }
    })
    expect(template).toMatchObject(expected)
    expect(notes.filter((note) => note.endsWith(name) && note.startsWith('Changed'))).toHaveLength(
      1,
    )
  })

  test('is lost where it has none, and said to be', () => {
    const { notes } = convert(whole)
    expect(notes.filter((note) => note.endsWith(name) && note.startsWith('Lost'))).toHaveLength(1)
  })
})

test('a default is not rendered again, but for what Prefect keeps elsewhere', () => {
  const { template, properties, notes } = convert(
    variable('env', {
      A: '{{ image }}',
      B: 'of {{ prefect.variables.b }}',
      C: '{{ prefect.blocks.secret.c }}',
    }),
  )
  expect(template['env']).toEqual({ A: '\\{{ image }}', B: 'of {{ b }}' })
  expect(properties).toHaveProperty('b')
  expect(properties).not.toHaveProperty('prefect')
  expect(notes).toContain('Lost variables.properties.env.default.C')
})

test('a definition that another definition needs stays', () => {
  const { spec } = convert(({ variables }) => {
    variables.properties['tier'] = { $ref: '#/definitions/Tier' }
    Object.assign(variables, {
      definitions: { Tier: { items: { $ref: '#/definitions/Name' } }, Name: { type: 'string' } },
    })
  })
  const definitions = (spec['variables'] as JsonObject)['definitions'] as JsonObject
  expect(Object.keys(definitions)).toEqual(['Tier', 'Name'])
})

test('a size that the definition fixes is overridden by the variable, as in Prefect', () => {
  const { template } = convert(({ job_configuration: configuration }) => {
    Object.assign(configuration['task_definition'] as JsonObject, { cpu: '512' })
  })
  expect(template).toMatchObject({ cpu: '{{ cpu }}', taskDefinition: { cpu: '512' } })
})

/** What cannot be kept as it was, and the note about it. */
const NOTES: readonly (readonly [string, (template: MutableTemplate) => void, string])[] = [
  ['name', variable('name', 'x'), 'Lost variables.properties.name'],
  [
    'credentials block',
    variable('aws_credentials', { $ref: { block_document_id: 'x' } }),
    'Lost variables.properties.aws_credentials.default',
  ],
  [
    'a pattern',
    ({ variables }) => {
      variables.properties['image'] = { type: 'string', pattern: '^x' }
    },
    'Lost variables.properties.image.pattern',
  ],
  [
    'a block as default',
    variable('image', { $ref: 'x' }),
    'Lost variables.properties.image.default',
  ],
  [
    'a placeholder as default',
    variable('image', '{{ x }}'),
    'Lost variables.properties.image.default',
  ],
  [
    'a placeholder inside of a default',
    variable('cloudwatch_logs_options', { 'awslogs-group': '{{ prefect.variables.x }}' }),
    'Lost variables.properties.cloudwatch_logs_options.default',
  ],
  [
    'a setting that is written around a variable',
    inRequest({ cluster: 'team-{{ cluster }}' }),
    'Changed job_configuration.cluster',
  ],
  ['a setting that is fixed', inRequest({ cluster: 'one' }), 'Changed job_configuration.cluster'],
  ['an environment variable', setting('env', { A: '{{ $HOME }}' }), 'Lost job_configuration.env.A'],
  ['a block', setting('cluster', '{{ prefect.blocks.x.y }}'), 'Lost job_configuration.cluster'],
  ['count', inRequest({ count: 2 }), 'Lost job_configuration.task_run_request.count'],
  [
    'clientToken',
    inRequest({ clientToken: 'x' }),
    'Lost job_configuration.task_run_request.clientToken',
  ],
  [
    'referenceId',
    inRequest({ referenceId: 'x' }),
    'Lost job_configuration.task_run_request.referenceId',
  ],
  ['an unknown setting', setting('gpu', 1), 'Lost job_configuration.gpu'],
  [
    'the log group',
    variable('configure_cloudwatch_logs', true),
    'Changed job_configuration.cloudwatch_logs_options',
  ],
]

test.each(NOTES)('%s is reported', (_, change, note) => {
  const before = new Set(convert().notes)
  expect(convert(change).notes.filter((line) => !before.has(line))).toContain(note)
})

test('an account that stands in the template becomes spec.aws', () => {
  const credentials = { region_name: 'eu-west-1' }
  expect(convert(setting('aws_credentials', credentials)).spec['aws']).toEqual({
    region: 'eu-west-1',
  })
  expect(convert(variable('aws_credentials', credentials)).spec['aws']).toEqual({
    region: 'eu-west-1',
  })
})
