import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { isKind } from '../../src/kinds/meta.ts'
import { isJsonObject, type JsonObject } from '../../src/lib/json.ts'
import { parseManifest } from '../../src/manifest/parse.ts'
import type { Validator } from '../../src/manifest/validator.ts'
import { validator } from '../world/validator.ts'

const ROOT = join(import.meta.dirname, '../..')
const BUILT = pathToFileURL(join(ROOT, 'dist/manifest/validator.js')).href

const built = (await import(BUILT)) as { readonly createValidator: () => Validator }
const compiled = built.createValidator()

function objectsOf(path: string): readonly JsonObject[] {
  const { documents } = parseManifest(path, readFileSync(path))
  return documents.flatMap(({ value }) => (isJsonObject(value) ? [value] : []))
}

const FOLDER = join(ROOT, 'manifests')
const OBJECTS = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) => objectsOf(join(FOLDER, file)))

/** The object with one of its members, at any depth, exchanged for something that hardly belongs there. */
function* spoilt(object: JsonObject): Generator<JsonObject> {
  for (const [name, member] of Object.entries(object)) {
    yield { ...object, [name]: 7.5 }
    yield { ...object, [`${name}x`]: member ?? null }
    if (!isJsonObject(member)) continue
    for (const inner of spoilt(member)) yield { ...object, [name]: inner }
  }
}

describe('the schemas that the build compiled', () => {
  test('find in every example, and in each with a fault, what is found without a build', () => {
    let faults = 0
    for (const object of OBJECTS.flatMap((one) => [one, ...spoilt(one)])) {
      const { kind } = object
      if (typeof kind !== 'string' || !isKind(kind)) continue
      const issues = validator.object(kind, object)
      expect(compiled.object(kind, object)).toEqual(issues)
      if (issues.length > 0) faults += 1
    }
    expect(faults).toBeGreaterThan(OBJECTS.length)
  })

  test('are what the built program uses: it loads no compiler to check a manifest', () => {
    const program = `
      import { createRequire } from 'node:module'
      const { createValidator } = await import(${JSON.stringify(BUILT)})
      console.log(createValidator().object('Run', {}).length > 0)
      const { cache } = createRequire(import.meta.url)
      console.log(Object.keys(cache).filter((file) => /ajv.dist.(ajv|core)\\.js|compiled/.test(file)).length)`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program])
    expect(output.toString()).toBe('true\n1\n')
  })
})
