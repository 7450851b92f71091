import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SCHEMAS, type SchemaName } from '../src/kinds/generated.ts'
import { resolveRun } from '../src/kinds/resolve.ts'
import { isJsonObject, type JsonObject } from '../src/lib/json.ts'
import { type LoadedObject, loadManifest } from '../src/manifest/load.ts'
import { renderProblem } from '../src/manifest/problem.ts'
import { validateFiles } from '../src/manifest/validate-files.ts'
import { validator } from './world/validator.ts'

const ROOT = join(import.meta.dirname, '../manifests')

function readFolder(folder: string): readonly { readonly file: string; readonly text: string }[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => ({ file, text: readFileSync(join(ROOT, folder, file), 'utf8') }))
}

function objectsOf(folder: string): readonly LoadedObject[] {
  return readFolder(folder).flatMap(
    (file) => loadManifest({ ...file, defaultNamespace: 'default', validator }).objects,
  )
}

describe.each(['quickstart', 'examples'])('manifests/%s', (folder) => {
  const files = readFolder(folder)

  test('has no problems', () => {
    expect(files.length).toBeGreaterThan(3)
    const { problems } = validateFiles(files, { defaultNamespace: 'default', validator })
    expect(problems.map((problem) => renderProblem(problem))).toEqual([])
  })

  test.each(files)('$file names its schema for editors', ({ file, text }) => {
    const kind = /^kind: (\w+)$/m.exec(text)?.[1]?.toLowerCase()
    const up = '../'.repeat(file.split('/').length)
    expect(text.split('\n', 1)).toEqual([
      `# yaml-language-server: $schema=../${up}schemas/${kind}.schema.json`,
    ])
  })
})

describe('quickstart', () => {
  test.each(objectsOf('quickstart'))('$metadata.name runs in a plain shell', (run) => {
    const result = resolveRun(
      {
        run: { metadata: { ...run.metadata, uid: 'uid' }, spec: run.spec },
        pool: { name: 'default', spec: {} },
        attempt: 2,
      },
      validator,
    )
    const template = result.ok ? result.resolved.template : undefined
    expect(template?.command?.slice(0, 2)).toEqual(['sh', '-c'])
    expect(template?.image).toContain('busybox')
    expect([template?.cpu, template?.memory]).toEqual([256, 512])
  })
})

const DOCS = join(import.meta.dirname, '../docs/kinds')

describe('docs/kinds', () => {
  const blocks = readdirSync(DOCS).flatMap((page) => {
    const text = readFileSync(join(DOCS, page), 'utf8')
    return text
      .split('```yaml\n')
      .slice(1)
      .map((rest) => ({ file: page, text: rest.slice(0, rest.indexOf('```')) }))
  })

  test.each(blocks)('the example in $file has no problems', (block) => {
    const { problems } = loadManifest({ ...block, defaultNamespace: 'default', validator })
    expect(problems.map((problem) => renderProblem(problem, block.text))).toEqual([])
  })

  test('every kind has an example', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(4)
  })
})

/** Fields that a spec of this kind has, without those of its template. */
function fieldsOf(name: SchemaName, definition?: string): readonly string[] {
  const schema: unknown = SCHEMAS[name]
  const definitions = isJsonObject(schema) ? schema['$defs'] : undefined
  const part = definition === undefined ? schema : (definitions as JsonObject)[definition]
  return isJsonObject(part) && isJsonObject(part['properties'])
    ? Object.keys(part['properties'])
    : []
}

const ALL_FIELDS: readonly (readonly [string, readonly string[]])[] = [
  ['all-fields-run.yaml', [...fieldsOf('run', 'RunSpec'), ...fieldsOf('template')]],
  [
    'all-fields-work-pool.yaml',
    [
      ...fieldsOf('workpool', 'WorkPoolSpec'),
      ...fieldsOf('workpool', 'ApiLimits'),
      ...fieldsOf('workpool', 'AwsSettings'),
      ...fieldsOf('workpool', 'LaunchWindow'),
    ],
  ],
  [
    'all-fields-deployment.yaml',
    [
      ...fieldsOf('deployment', 'DeploymentSpec'),
      ...fieldsOf('deployment', 'Schedule'),
      ...fieldsOf('deployment', 'Concurrency'),
      ...fieldsOf('deployment', 'DeploymentTrigger'),
    ],
  ],
  [
    'all-fields-automation.yaml',
    [
      ...fieldsOf('automation', 'AutomationSpec'),
      ...fieldsOf('automation', 'Trigger'),
      ...fieldsOf('automation', 'Action'),
    ],
  ],
]

test.each(ALL_FIELDS)('%s shows every field', (file, fields) => {
  const text = readFileSync(join(ROOT, 'examples', file), 'utf8')
  expect(fields.length).toBeGreaterThan(10)
  expect(fields.filter((field) => !new RegExp(`\\b${field}:`).test(text))).toEqual([])
})
