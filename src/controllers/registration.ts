import { definitionHash } from '../aws/definition-hash.ts'
import type { RegisterTaskDefinitionBody } from '../aws/ports.ts'
import type { TemplateSpec } from '../kinds/generated.ts'
import { WIRE } from '../kinds/meta.ts'

/** A revision that should exist in ECS, found again by its hash. */
export interface WantedDefinition {
  readonly family: string
  readonly hash: string
  readonly body: RegisterTaskDefinitionBody
  readonly autoDeregister: boolean
  readonly matchLatest: boolean
  /** `namespace/name`: whose collection settings count for the revision. */
  readonly workPool: string
}

/** What is to be registered for a built body, with the tags by which it is known as ours. Pure. */
export function registrationOf(input: {
  readonly body: RegisterTaskDefinitionBody
  readonly template: TemplateSpec
  readonly controllerName: string
  readonly workPool: string
}): WantedDefinition {
  const { body, template, controllerName, workPool } = input
  const hash = definitionHash(body)
  const own = [
    { key: WIRE.tagDefinitionHash, value: hash },
    { key: WIRE.tagController, value: controllerName },
  ]
  return {
    family: body.family ?? '',
    hash,
    body: { ...body, tags: [...(body.tags ?? []), ...own] },
    autoDeregister: template.autoDeregisterTaskDefinition ?? false,
    matchLatest: template.matchLatestRevisionInFamily ?? true,
    workPool,
  }
}
