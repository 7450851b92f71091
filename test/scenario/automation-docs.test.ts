import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SCHEMAS } from '../../src/kinds/generated.ts'
import { loadManifest } from '../../src/manifest/load.ts'
import { validator } from '../world/validator.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/automations.md'), 'utf8')
const EXAMPLES = join(ROOT, 'manifests/examples')
const DEFS = SCHEMAS.automation['$defs'] as unknown as {
  readonly ActionType: { readonly enum: readonly string[] }
  readonly Trigger: { readonly properties: object }
}

const blocks = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text)
const named = blocks.map((text) => [/name: (\S+)/.exec(text)?.[1] ?? '', text] as const)

function problems(text: string): readonly string[] {
  return loadManifest({
    file: 'x.yaml',
    text,
    defaultNamespace: 'default',
    validator,
  }).problems.map(({ message }) => message)
}

describe('docs/automations.md', () => {
  test.each(named)('the manifest %s is valid', (_, text) => {
    expect(problems(text)).toEqual([])
  })

  test('has an example of every action', () => {
    const missing = DEFS.ActionType.enum.filter(
      (type) => !blocks.some((text) => text.includes(`type: ${type}`)),
    )
    expect(missing).toEqual([])
  })

  test('has an example of every field of a trigger', () => {
    const missing = Object.keys(DEFS.Trigger.properties).filter(
      (field) => !blocks.some((text) => text.includes(`${field}:`)),
    )
    expect(missing).toEqual([])
  })
})

describe('manifests/examples', () => {
  const files = readdirSync(EXAMPLES).filter((name) => name.includes('automation'))
  test.each(files)('%s is valid', (name) => {
    expect(problems(readFileSync(join(EXAMPLES, name), 'utf8'))).toEqual([])
  })
})
