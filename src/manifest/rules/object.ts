import type {
  Annotations,
  AutomationSpec,
  DeploymentSpec,
  MetadataInput,
  RunSpec,
  WorkPoolSpec,
} from '../../kinds/generated.ts'
import { type Kind, WIRE } from '../../kinds/meta.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Issue } from '../problem.ts'
import type { UserSchemas } from '../user-schema.ts'
import { checkAutomation } from './automation.ts'
import { checkDeployment } from './deployment.ts'
import { checkRun } from './run.ts'
import { checkWorkPool } from './workpool.ts'

/** What the fields of an object say together. Its shape has been checked: the schema holds. */
export function checkObjectRules(
  kind: Kind,
  object: JsonObject,
  schemas: UserSchemas,
): readonly Issue[] {
  const metadata = object['metadata'] as unknown as MetadataInput
  return [...checkMetadata(metadata), ...checkSpec(kind, object, schemas)]
}

function checkSpec(kind: Kind, object: JsonObject, schemas: UserSchemas): readonly Issue[] {
  const spec: unknown = object['spec'] ?? {}
  switch (kind) {
    case 'WorkPool':
      return checkWorkPool(spec as WorkPoolSpec, schemas)
    case 'Deployment':
      return checkDeployment(spec as DeploymentSpec, schemas)
    case 'Run':
      return checkRun(spec as RunSpec, object['metadata'] as unknown as MetadataInput)
    case 'Automation':
      return checkAutomation(spec as AutomationSpec)
  }
}

function checkMetadata({ name, generateName, annotations }: MetadataInput): readonly Issue[] {
  const issues: Issue[] = []
  if (name === undefined && generateName === undefined) {
    issues.push({ code: 'Missing', path: ['metadata', 'name'], message: "'name' is missing" })
  }
  for (const [key, words] of Object.entries(ANNOTATION_WORDS)) {
    const value = annotationOf(annotations, key)
    if (value === undefined || words.includes(value)) continue
    const message = `must be ${words.map((word) => `"${word}"`).join(' or ')}`
    issues.push({ code: 'NotAllowed', path: ['metadata', 'annotations', key], message })
  }
  return issues
}

const ANNOTATION_WORDS: Readonly<Record<string, readonly string[]>> = {
  [WIRE.annotationOnChange]: ['Replace', 'Reject'],
  [WIRE.annotationPrune]: ['true', 'false'],
}

function annotationOf(annotations: Annotations | undefined, key: string): string | undefined {
  return annotations?.[key]
}
