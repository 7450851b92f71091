import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { validator } from '../../../test/world/validator.ts'
import type { JsonObject } from '../../lib/json.ts'
import { loadManifest } from '../load.ts'
import { type ImportResult, importSource, SOURCE_KINDS, type SourceKind } from './import.ts'
import { renderNote } from './report.ts'

const TEMPLATE = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../test/fixtures/base-job-template.json'), 'utf8'),
) as JsonObject

function convert(source: unknown, kind?: SourceKind): ImportResult {
  const text = typeof source === 'string' ? source : JSON.stringify(source)
  return importSource({ text, kind, fallbackName: 'file', namespace: undefined, validator })
}

test.each<readonly [string, unknown, SourceKind]>([
  ['bare data', { command: ['echo'], image: 'x' }, 'ecs-task-block'],
  ['data with its type', { type: 'ecs-task' }, 'ecs-task-block'],
  ['a block document', { name: 'b', data: { image: 'x' }, block_type: {} }, 'ecs-task-block'],
  ['a base job template', TEMPLATE, 'base-job-template'],
  ['a work pool', { name: 'p', base_job_template: TEMPLATE }, 'base-job-template'],
  ['a prefect.yaml', 'deployments:\n- name: a\n', 'prefect-yaml'],
])('%s is recognised', (_, source, kind) => {
  expect(convert(source)).toMatchObject({ ok: true, kind })
})

test.each<readonly [string, unknown, string]>([
  ['no map', '[1]', 'no map'],
  ['something else', { kind: 'Run' }, '--kind'],
  ['no deployments', { deployments: [] }, 'no deployments'],
  ['a work pool without a template', { base_job_template: {} }, '--kind'],
  ['no text', '{', 'line 1'],
])('%s is a problem', (_, source, problem) => {
  expect(convert(source)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) })
})

test('a work pool keeps its name, its limit and whether it is paused', () => {
  const pool = {
    name: 'My Pool',
    type: 'ecs',
    description: 'x',
    is_paused: true,
    concurrency_limit: 5,
    base_job_template: TEMPLATE,
  }
  const result = convert(pool)
  expect(result).toMatchObject({
    manifests: [
      {
        kind: 'WorkPool',
        metadata: { name: 'my-pool' },
        spec: { suspend: true, concurrencyLimit: 5 },
      },
    ],
  })
  expect(result.ok && result.notes.map(({ path }) => path)).toContain('description')
})

describe('an ECSTask block', () => {
  function notes(data: JsonObject): readonly string[] {
    const result = convert({ type: 'ecs-task', ...data })
    return result.ok ? result.notes.map(({ kind, path }) => `${kind} ${path}`) : []
  }
  const complete = { command: ['echo'], image: 'x', family: 'f' }

  test('a complete one leaves nothing to do', () => {
    expect(notes(complete)).toEqual(['Changed task_start_timeout_seconds'])
  })

  test.each<readonly [JsonObject, string]>([
    [{ ...complete, command: null }, 'Check command'],
    [{ ...complete, image: null }, 'Check image'],
    [{ ...complete, family: null }, 'Changed family'],
    [{ ...complete, task_defintion: { x: 1 } }, 'Lost task_defintion'],
    [
      { ...complete, aws_credentials: { aws_access_key_id: 'x' } },
      'Lost aws_credentials.aws_access_key_id',
    ],
    [{ ...complete, cpu: 333, memory: -1 }, 'Check WorkPool/file spec.template.memory'],
  ])('%j is reported', (data, note) => {
    expect(notes(data)).toContain(note)
  })

  test('defaults of the block that are not Capstan’s are written down', () => {
    expect(convert({ type: 'ecs-task' })).toMatchObject({
      manifests: [
        {
          spec: {
            template: { autoDeregisterTaskDefinition: true, taskStartTimeoutSeconds: 120 },
          },
        },
        { kind: 'Deployment', spec: { workPool: 'file' } },
      ],
    })
  })
})

test('the namespace is written where it was asked for', () => {
  const text = JSON.stringify({ type: 'ecs-task' })
  const result = importSource({
    text,
    kind: undefined,
    fallbackName: 'f',
    namespace: 'team',
    validator,
  })
  expect(result).toMatchObject({
    manifests: [{ metadata: { namespace: 'team' } }, { metadata: { namespace: 'team' } }],
  })
})

test('a note is one line', () => {
  const note = { kind: 'Lost', path: 'a', value: 'text', reason: 'why', action: 'What' } as const
  expect(renderNote(note)).toBe('Lost: a (text): why. What.')
})

/** Keys that the importers look for. */
const WORDS =
  'deployments name work_pool job_variables schedules triggers env job_configuration task_definition task_run_request variables properties containerDefinitions overrides containerOverrides tags task_customizations aws_credentials network_configuration concurrency_limit data image'.split(
    ' ',
  )
/** Every object of JavaScript has members of these names. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'valueOf']

test.each(INHERITED)('a setting that is called %s is lost like any other', (name) => {
  const odd = { [name]: ['x'] }
  for (const kind of SOURCE_KINDS) {
    for (const word of WORDS) {
      const settings = kind === 'ecs-task-block' ? odd : { job_configuration: odd }
      for (const value of [odd, [odd], { [word]: odd }, { [word]: [odd] }]) {
        const result = convert({ ...settings, deployments: [{ name: 'd' }], [word]: value }, kind)
        expect(JSON.stringify(result)).not.toContain('native code')
      }
    }
  }
  const lost = expect.objectContaining({ kind: 'Lost', path: `job_configuration.${name}` })
  expect(convert({ job_configuration: odd })).toMatchObject({
    notes: expect.arrayContaining([lost]),
  })
})

test('whatever the file holds, it is answered, and the manifests can be read', () => {
  const values = fc.oneof(fc.jsonValue(), fc.constantFrom('{{ image }}', '{{ a b }}', null, {}, []))
  const words = fc.constantFrom(...WORDS, ...INHERITED)
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      values,
      fc.dictionary(words, tie('tree')),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(words, tree), fc.constantFrom(...SOURCE_KINDS), (source, kind) => {
      const result = convert(source, kind)
      if (!result.ok) return result.problem !== ''
      return result.manifests.every((manifest) => {
        const text = JSON.stringify(manifest)
        return !loadManifest({
          file: 'f',
          text,
          defaultNamespace: 'default',
          validator,
        }).problems.some(
          ({ code }) =>
            code === 'UnknownKind' || code === 'UnknownApiVersion' || code === 'NotAnObject',
        )
      })
    }),
  )
})
