import type { DeploymentSpec } from '../../kinds/generated.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Issue } from '../problem.ts'
import type { UserSchemas } from '../user-schema.ts'
import { checkPlaceholders, checkTrigger } from './automation.ts'
import { checkSchedule } from './schedule.ts'
import { checkTemplate } from './template.ts'
import { checkUnique } from './unique.ts'

export function checkDeployment(spec: DeploymentSpec, schemas: UserSchemas): readonly Issue[] {
  const { schedules = [], triggers = [] } = spec
  return [
    ...checkTemplate(spec.template, ['spec', 'template']),
    ...schedules.flatMap((schedule, index) =>
      checkSchedule(schedule, ['spec', 'schedules', index]),
    ),
    ...checkUnique(schedules, 'slug', ['spec', 'schedules']),
    ...triggers.flatMap(({ trigger }, index) =>
      checkTrigger(trigger, ['spec', 'triggers', index, 'trigger']),
    ),
    ...triggers.flatMap((trigger, index) =>
      (['parameters', 'variables'] as const).flatMap((member) =>
        checkPlaceholders(trigger[member], ['spec', 'triggers', index, member]),
      ),
    ),
    ...checkUnique(triggers, 'name', ['spec', 'triggers']),
    ...checkParameters(spec, schemas),
  ]
}

/** Its own parameters must fit; what is missing, a run may still give. */
function checkParameters(spec: DeploymentSpec, schemas: UserSchemas): readonly Issue[] {
  const { parameterSchema, parameters = {}, enforceParameterSchema = true } = spec
  if (parameterSchema === undefined) return []
  const wrong = schemas.checkSchema(parameterSchema)
  if (wrong.length > 0) {
    return wrong.map((issue) => ({ ...issue, path: ['spec', 'parameterSchema', ...issue.path] }))
  }
  if (!enforceParameterSchema) return []
  return schemas.checkValues(optional(parameterSchema), parameters).map(({ path, message }) => ({
    code: 'InvalidParameter',
    path: ['spec', 'parameters', ...path],
    message,
  }))
}

function optional(schema: JsonObject): JsonObject {
  const { required: _, ...rest } = schema
  return rest
}
