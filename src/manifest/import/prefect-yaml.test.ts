import { describe, expect, test } from 'vitest'
import { validator } from '../../../test/world/validator.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import { importSource } from './import.ts'

/** The Deployments of a file, and its notes as `Kind path`. */
function convert(source: JsonObject) {
  const result = importSource({
    text: JSON.stringify(source),
    kind: 'prefect-yaml',
    fallbackName: 'file',
    namespace: undefined,
    validator,
  })
  if (!result.ok) throw new Error(result.problem)
  return {
    manifests: result.manifests,
    notes: result.notes.map(({ kind, path }) => `${kind} ${path}`),
    report: result.notes,
  }
}

/** The spec that a deployment with these keys gets, without what every deployment is told. */
function deploy(keys: JsonObject, top: JsonObject = {}) {
  const { manifests, notes } = convert({ ...top, deployments: [{ name: 'etl', ...keys }] })
  const [manifest = {}] = manifests
  const always = ['entrypoint', 'work_pool.job_variables.image', 'parameters']
  return {
    metadata: manifest['metadata'],
    spec: manifest['spec'],
    notes: notes.filter((note) => !always.some((key) => note === `Check deployments[0].${key}`)),
  }
}

test.each<readonly [Json, Json]>([
  ['{{ event.id }}', '{{ event.id }}'],
  ['of {{ event.event }}', 'of {{ event.name }}'],
  ['{{ flow_run.id }}', '{{ run.uid }}'],
  ['{{ flow_run.state.message }}', '{{ run.state.message }}'],
  [[{ __prefect_kind: 'jinja', template: '{{ event.payload.key }}' }], ['{{ event.payload.key }}']],
  [
    { a: 'plain', b: 1 },
    { a: 'plain', b: 1 },
  ],
])('parameters of a trigger are filled in when it fires: %j', (given, expected) => {
  const trigger = { expect: ['a'], parameters: { x: given } }
  const { spec, notes } = deploy({ triggers: [trigger] })
  expect(spec).toMatchObject({ triggers: [{ parameters: { x: expected } }] })
  expect(notes).toEqual([])
})

test.each<readonly [JsonObject, JsonObject]>([
  [{ capacity_provider_strategy: [] }, { capacityProviderStrategy: null }],
  [{ network_configuration: {} }, { networkConfiguration: null }],
  [{ cluster: '' }, { cluster: null }],
  [{ env: {}, labels: {} }, {}],
])('an empty job variable overrides the default of the pool: %j', (variables, template) => {
  const { spec } = deploy({ work_pool: { job_variables: { ...variables, image: 'x' } } })
  expect(spec).toMatchObject({ template: { image: 'x', ...template } })
  expect(Object.keys((spec as JsonObject)['template'] as JsonObject)).toHaveLength(
    1 + Object.keys(template).length,
  )
})

/** Each key of a deployment, and what stands in the spec for it. */
const KEYS: readonly (readonly [JsonObject, JsonObject])[] = [
  [{ description: 'Nightly' }, { description: 'Nightly' }],
  [{ paused: true }, { suspend: true }],
  [{ paused: false }, {}],
  [{ concurrency_limit: 3 }, { concurrency: { limit: 3, policy: 'Enqueue' } }],
  [
    { concurrency_limit: { limit: 1, collision_strategy: 'CANCEL_NEW' } },
    { concurrency: { limit: 1, policy: 'CancelNew' } },
  ],
  [{ entrypoint: 'flows/etl.py:main' }, { entrypoint: 'flows/etl.py:main' }],
  [{ parameters: { day: 1 } }, { parameters: { day: 1 } }],
  [{ enforce_parameter_schema: true }, {}],
  [{ enforce_parameter_schema: false }, { enforceParameterSchema: false }],
  [{ work_pool: { name: 'My Pool' } }, { workPool: 'my-pool' }],
  [{ work_pool: { work_queue_name: 'default' } }, { queue: 'default' }],
  [{ schedules: [] }, { schedules: [] }],
  [{ schedule: null }, {}],
  [{ schedule: { cron: '0 2 * * *' } }, { schedules: [{ cron: '0 2 * * *' }] }],
  [
    {
      schedules: [
        { cron: '0 2 * * *', timezone: 'Europe/Berlin', slug: 'At Night', day_or: true },
        { interval: 600, anchor_date: '2024-01-01 06:00:00', active: false },
        { interval: 'PT15M', anchor_date: '2024-01-01T06:00:00+02:00' },
        { rrule: 'FREQ=DAILY', parameters: { full: true } },
      ],
    },
    {
      schedules: [
        { cron: '0 2 * * *', timezone: 'Europe/Berlin', slug: 'at-night' },
        { interval: 600, anchorDate: '2024-01-01T06:00:00Z', active: false },
        { interval: 'PT15M', anchorDate: '2024-01-01T06:00:00+02:00' },
        { rrule: 'FREQ=DAILY', parameters: { full: true } },
      ],
    },
  ],
  [
    { work_pool: { job_variables: { image: 'x:1', cpu: '512', command: null, env: { A: 1 } } } },
    { template: { image: 'x:1', cpu: 512, command: null, env: { A: 1 } } },
  ],
  [
    { work_pool: { job_variables: { 'env.A': 'weak', 'env.B': 'b', env: { A: 'strong' } } } },
    { template: { env: { A: 'strong', B: 'b' } } },
  ],
  [{ work_pool: { job_variables: { launch_type: null } } }, { template: { launchType: 'NONE' } }],
  [
    { work_pool: { job_variables: { task_definition_arn: 'f:3', container_name: 'flow' } } },
    {
      template: {
        taskDefinition: null,
        taskDefinitionArn: 'f:3',
        containerName: 'flow',
        taskDefinitionArnMode: 'UseAsIs',
      },
    },
  ],
  [
    {
      triggers: [
        {
          type: 'event',
          posture: 'Reactive',
          match: { 'prefect.resource.id': 's3.*' },
          match_related: { role: 'x' },
          expect: ['created'],
          for_each: ['prefect.resource.id'],
          parameters: { key: 'x' },
          schedule_after: '00:01:00',
          enabled: false,
        },
        { type: 'sequence', within: 60, triggers: [{ expect: ['a'] }, { expect: ['b'] }] },
      ],
    },
    {
      triggers: [
        {
          name: 'etl-automation-0',
          enabled: false,
          parameters: { key: 'x' },
          scheduleAfterSeconds: 60,
          trigger: {
            type: 'event',
            posture: 'Reactive',
            match: { 'prefect.resource.id': 's3.*' },
            matchRelated: { role: 'x' },
            expect: ['created'],
            forEach: ['prefect.resource.id'],
          },
        },
        {
          name: 'etl-automation-1',
          trigger: {
            type: 'sequence',
            within: 60,
            triggers: [
              { type: 'event', expect: ['a'] },
              { type: 'event', expect: ['b'] },
            ],
          },
        },
      ],
    },
  ],
]

describe('each key of a deployment', () => {
  test.each(KEYS)('%j', (keys, spec) => {
    expect(deploy(keys)).toMatchObject({ spec, notes: [] })
    expect(deploy(keys).spec).toEqual(spec)
  })
})

test('version, flow and tags are kept for people and for -l', () => {
  const { metadata } = deploy({ version: 3, flow_name: 'main', tags: 'data, Team A' })
  expect(metadata).toEqual({
    name: 'etl',
    labels: { 'tag.prefect.io/data': 'true', 'tag.prefect.io/team-a': 'true' },
    annotations: { 'prefect.io/version': '3', 'prefect.io/flow-name': 'main' },
  })
})

/** What cannot be kept as it was, and the note about it. */
const NOTES: readonly (readonly [JsonObject, string])[] = [
  [{ build: [{ x: {} }] }, 'Lost deployments[0].build'],
  [{ push: [{ x: {} }] }, 'Lost deployments[0].push'],
  [{ pull: [{ x: {} }] }, 'Lost deployments[0].pull'],
  [{ sla: [{ duration: 60 }] }, 'Lost deployments[0].sla'],
  [{ job_variables: { a: 1 } }, 'Lost deployments[0].job_variables'],
  [{ tags: ['a'] }, 'Changed deployments[0].tags'],
  [{ work_pool: { job_variable: {} } }, 'Lost deployments[0].work_pool.job_variable'],
  [{ work_pool: { work_queue_name: 'urgent' } }, 'Check deployments[0].work_pool.work_queue_name'],
  [
    { work_pool: { job_variables: { gpu: 1 } } },
    'Check deployments[0].work_pool.job_variables.gpu',
  ],
  [
    { work_pool: { job_variables: { name: 'x' } } },
    'Lost deployments[0].work_pool.job_variables.name',
  ],
  [
    { work_pool: { job_variables: { aws_credentials: { region_name: 'eu-west-1' } } } },
    'Lost deployments[0].work_pool.job_variables.aws_credentials',
  ],
  [{ concurrency_limit: 0 }, 'Lost deployments[0].concurrency_limit'],
  [
    { concurrency_limit: { limit: 1, grace_period_seconds: 60 } },
    'Lost deployments[0].concurrency_limit.grace_period_seconds',
  ],
  [{ schedules: [{ cron: '* * * * *', interval: 1 }] }, 'Lost deployments[0].schedules[0]'],
  [{ schedules: ['daily'] }, 'Lost deployments[0].schedules[0]'],
  [
    { schedules: [{ cron: '0 0 1 * 1', day_or: false }] },
    'Changed deployments[0].schedules[0].day_or',
  ],
  [
    { schedules: [{ rrule: 'FREQ=DAILY', replaces: 'x' }] },
    'Lost deployments[0].schedules[0].replaces',
  ],
  [{ schedules: [{ interval: 600 }] }, 'Changed deployments[0].schedules[0].interval'],
  [
    {
      work_pool: {
        job_variables: {
          launch_type: 'EC2',
          capacity_provider_strategy: [{ capacityProvider: 'asg', weight: 1 }],
        },
      },
    },
    'Changed deployments[0].work_pool.job_variables.launch_type',
  ],
  [
    { triggers: [{ expect: ['a'], parameters: { x: '{{ work_pool.name }}' } }] },
    'Lost deployments[0].triggers[0].parameters.x',
  ],
  [
    {
      triggers: [
        {
          expect: ['a'],
          parameters: { x: { __prefect_kind: 'jinja', template: '{{ event.payload | tojson }}' } },
        },
      ],
    },
    'Lost deployments[0].triggers[0].parameters.x.template',
  ],
  [
    { schedules: [{ cron: '0 0 1 * 1', anchor_date: '2024-01-01' }] },
    'Lost deployments[0].schedules[0].anchor_date',
  ],
  [{ triggers: [{ type: 'metric' }] }, 'Lost deployments[0].triggers[0]'],
  [
    { triggers: [{ expect: ['a'], job_variables: { cpu: 1 } }] },
    'Check deployments[0].triggers[0].job_variables.cpu',
  ],
  [
    { triggers: [{ expect: ['a'], schedule_after: 'soon' }] },
    'Lost deployments[0].triggers[0].schedule_after',
  ],
  [{ triggers: [{ expect: ['a'], expects: ['b'] }] }, 'Lost deployments[0].triggers[0].expects'],
  [{ schedule: { cron: 'not cron' } }, 'Check Deployment/etl spec.schedules[0].cron'],
]

test.each(NOTES)('%j is reported', (keys, note) => {
  expect(deploy(keys).notes).toEqual([note])
})

test.each<readonly [JsonObject, string]>([
  [{ entrypoint: 'a.py:b' }, 'entrypoint'],
  [{ parameters: { a: 1 } }, 'parameters'],
])('%j asks for something that only the code said', (keys, key) => {
  expect(convert({ deployments: [{ name: 'etl', ...keys }] }).notes).toContain(
    `Check deployments[0].${key}`,
  )
})

describe('placeholders', () => {
  const build = [
    {
      'prefect_docker.deployments.steps.build_docker_image': {
        id: 'build-image',
        image_name: 'registry/etl',
        tag: '3.2',
      },
    },
  ]
  const image = (text: Json, steps: Json = build) =>
    deploy({ work_pool: { job_variables: { image: text } } }, { build: steps })

  test.each([
    ['{{ build-image.image }}', 'registry/etl:3.2'],
    ['{{ build-image.image_name }}:latest', 'registry/etl:latest'],
    ['etl-{{ ctx.flow_run.name }}', 'etl-{{ run.name }}'],
    ['{{ ctx.flow_run.id }}', '{{ run.uid }}'],
    ['{{ ctx.flow.name }}', '{{ deployment.name }}'],
  ])('%s becomes %s', (text, expected) => {
    expect(image(text).spec).toEqual({ template: { image: expected } })
  })

  test.each([
    '{{ $REGISTRY }}',
    '{{ prefect.blocks.secret.image }}',
    '{{ prefect.variables.image }}',
    '{{ other-step.image }}',
    '{{ build-image.digest }}',
    '{{ ctx.flow_run.labels }}',
  ])('%s is lost', (text) => {
    expect(image(text)).toMatchObject({
      spec: {},
      notes: ['Lost build', 'Lost deployments[0].work_pool.job_variables.image'],
    })
  })

  test('a tag that is itself a placeholder is not known', () => {
    const steps = [{ build_docker_image: { id: 'b', image_name: 'x', tag: '{{ sha.stdout }}' } }]
    expect(image('{{ b.image }}', steps).notes).toContain(
      'Lost deployments[0].work_pool.job_variables.image',
    )
  })
})

test('a name belongs to one deployment; its flow tells two apart', () => {
  const deployments = [
    { name: 'Nightly', entrypoint: 'a.py:load' },
    { name: 'nightly', entrypoint: 'a.py:clean' },
    { name: 'nightly', flow_name: 'clean' },
  ]
  const { manifests, notes } = convert({ deployments })
  expect(manifests.map(({ metadata }) => metadata)).toMatchObject([
    { name: 'nightly' },
    { name: 'clean-nightly' },
    { name: 'nightly-2' },
  ])
  expect(notes.filter((note) => note.endsWith('.name'))).toHaveLength(3)
})

test('a misspelt key names its nearest spelling', () => {
  const { report } = convert({ deployments: [{ name: 'a', entrypont: 'x' }], deployment: [] })
  expect(report.map(({ action }) => action)).toContain('Did you mean entrypoint?')
})
