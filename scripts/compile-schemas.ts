/**
 * Writes what the built program checks manifests with: schemas/ as ajv compiles them, into dist.
 * Part of `npm run build`, after tsc has made the folder.
 */
import { writeFileSync } from 'node:fs'
import { _ } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { SCHEMAS } from '../src/kinds/generated.ts'
import { COMPILED_SCHEMAS, createSchemaCompiler } from '../src/manifest/own-schemas.ts'
import { repositoryPath } from './gen/schemas.ts'

const ajv = createSchemaCompiler({
  source: true,
  // Where the code finds the formats when it runs.
  formats: _`require("ajv-formats/dist/formats").fullFormats`,
})
const names = Object.values(SCHEMAS).map(({ $id }) => [$id, $id])
const code = standalone.default(ajv, Object.fromEntries(names))
writeFileSync(repositoryPath(`dist/manifest/${COMPILED_SCHEMAS}`), code)
