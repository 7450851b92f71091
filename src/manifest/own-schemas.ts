import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Ajv, CodeOptions, ErrorObject, ValidateFunction } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { SCHEMAS } from '../kinds/generated.ts'
import type { Json } from '../lib/json.ts'
import { ajvLibrary } from './ajv-library.ts'

/** All that is wrong with a value by one of schemas/, named by its file, such as run.schema.json. */
export type CheckSchema = (name: string, value: Json) => readonly ErrorObject[]

/** What `npm run build` makes of schemas/ and puts beside this module, for the built program. */
export const COMPILED_SCHEMAS = 'compiled-schemas.cjs'

const load = createRequire(import.meta.url)

/** Checks by ajv: as the build compiled them, or, in a checkout that was not built, compiled when first needed. */
export function createSchemaChecks(): CheckSchema {
  const validateBy = findCompiled() ?? compileWhenNeeded()
  return (name, value) => {
    const validate = validateBy(name)
    if (!validate) throw new Error(`there is no schema ${name}`)
    return validate(value) ? [] : (validate.errors ?? [])
  }
}

type Lookup = (name: string) => ValidateFunction | undefined

/** Compiling one schema takes a tenth of a second; loading all of them compiled takes a tenth of that. */
function findCompiled(): Lookup | undefined {
  const path = join(import.meta.dirname, COMPILED_SCHEMAS)
  if (!existsSync(path)) return undefined
  let compiled: Readonly<Record<string, ValidateFunction>> | undefined
  return (name) => {
    compiled ??= load(path) as Readonly<Record<string, ValidateFunction>>
    return compiled[name]
  }
}

function compileWhenNeeded(): Lookup {
  let ajv: Ajv | undefined
  return (name) => {
    ajv ??= createSchemaCompiler()
    return ajv.getSchema(name)
  }
}

/**
 * Compiles schemas/. Whether they are valid JSON Schema is left to a test: compiling the meta-schema takes longer than
 * everything else at start.
 */
export function createSchemaCompiler(code: CodeOptions = {}): Ajv {
  const { Ajv } = ajvLibrary()
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    meta: false,
    validateSchema: false,
    // Copies of what is referred to make the code longer and no faster.
    inlineRefs: false,
    formats: { 'date-time': fullFormats['date-time'], uri: fullFormats.uri },
    code,
  })
  ajv.addVocabulary(['x-message', 'x-kubernetes-preserve-unknown-fields', 'tsType'])
  for (const schema of Object.values(SCHEMAS)) ajv.addSchema({ ...schema })
  return ajv
}
