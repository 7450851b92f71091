import type { ErrorObject } from 'ajv'
import { normalizeAutomationSpec, normalizeTrigger } from '../kinds/automation-synonyms.ts'
import type { Kind } from '../kinds/meta.ts'
import type { ResolveChecks } from '../kinds/resolve.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { createSchemaChecks } from './own-schemas.ts'
import type { Issue } from './problem.ts'
import { checkObjectRules } from './rules/object.ts'
import { toIssues, toPath } from './schema-issues.ts'
import { createUserSchemas, type UserSchemas } from './user-schema.ts'
import { isAllowedAsWritten } from './written-form.ts'

export interface Validator extends ResolveChecks {
  /**
   * Everything that is wrong with an object of a kind by itself: its shape, then, where that is right,
   * what its fields say together. Automations are looked at in Capstan's own words (normalizeObject).
   */
  readonly object: (kind: Kind, object: JsonObject, maxIssues?: number) => readonly Issue[]
  readonly schemas: UserSchemas
}

const SCHEMA_FILES: Readonly<Record<Kind, string>> = {
  WorkPool: 'workpool.schema.json',
  Deployment: 'deployment.schema.json',
  Run: 'run.schema.json',
  Automation: 'automation.schema.json',
}

/** Issues of one object that are reported; the rest would only follow from them. */
const MAX_ISSUES = 20

/** Keeps every schema that it has compiled, Capstan's own and users': one validator is enough for a process. */
export function createValidator(): Validator {
  const check = createSchemaChecks()
  const schemas = createUserSchemas()
  return {
    schemas,
    values: schemas.checkValues,
    template: (template) => toIssues(check('template.schema.json', template)),
    object(kind, object, maxIssues = MAX_ISSUES) {
      const normalized = normalizeObject(kind, object)
      const errors = writtenErrors(check(SCHEMA_FILES[kind], normalized))
      const issues =
        errors.length > 0
          ? toIssues(errors, maxIssues)
          : checkObjectRules(kind, normalized, schemas)
      return issues.slice(0, maxIssues)
    },
  }
}

/** Drops errors at values that are allowed as written, and errors of alternatives at the same values. */
function writtenErrors(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  return errors.filter((error) => !isAllowedAsWritten(error, toPath(error.instancePath)))
}

/** The object with automations and triggers in Capstan's own words. Other kinds are as they are. */
export function normalizeObject(kind: Kind, object: JsonObject): JsonObject {
  const { spec } = object
  if (!isJsonObject(spec)) return object
  if (kind === 'Automation') return { ...object, spec: normalizeAutomationSpec(spec) }
  if (kind !== 'Deployment' || !Array.isArray(spec['triggers'])) return object
  const triggers = (spec['triggers'] as readonly Json[]).map(normalizeTrigger)
  return { ...object, spec: { ...spec, triggers } }
}
