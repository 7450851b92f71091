import type { WorkPoolSpec } from '../../kinds/generated.ts'
import type { Issue } from '../problem.ts'
import type { UserSchemas } from '../user-schema.ts'
import { checkCron, checkTimezone } from './schedule.ts'
import { checkTemplate } from './template.ts'
import { checkUnique } from './unique.ts'

export function checkWorkPool(spec: WorkPoolSpec, schemas: UserSchemas): readonly Issue[] {
  const windows = (spec.windows ?? []).flatMap(({ cron, timezone }, index) => [
    ...checkCron(cron, ['spec', 'windows', index, 'cron']),
    ...checkTimezone(timezone, ['spec', 'windows', index, 'timezone']),
  ])
  const variables = spec.variables === undefined ? [] : schemas.checkSchema(spec.variables)
  return [
    ...checkTemplate(spec.template, ['spec', 'template']),
    ...checkUnique(spec.queues ?? [], 'name', ['spec', 'queues']),
    ...windows,
    ...variables.map((issue) => ({ ...issue, path: ['spec', 'variables', ...issue.path] })),
  ]
}
