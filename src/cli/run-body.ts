import { madeByDeployment } from '../kinds/deployment-run.ts'
import { API_VERSION, WIRE } from '../kinds/meta.ts'
import { isJsonObject, type Json, type JsonObject, parseJson } from '../lib/json.ts'
import { type ApiObject, textAt, valueAt } from './objects.ts'

export interface RunRequest {
  readonly namespace: string
  /** A generated one after the deployment's when absent. */
  readonly name: string | undefined
  readonly parameters: ReadonlyMap<string, string>
  readonly variables: ReadonlyMap<string, string>
}

/**
 * The Run that `capstan run DEPLOYMENT` creates: the deployment's own like those of its schedules, as
 * `kubectl create job --from` makes a CronJob's.
 */
export function runOfDeployment(deployment: ApiObject, request: RunRequest): ApiObject {
  const { name, uid = '' } = deployment.metadata
  const schema = valueAt(deployment, 'spec', 'parameterSchema')
  const naming = request.name === undefined ? { generateName: `${name}-` } : { name: request.name }
  return {
    apiVersion: API_VERSION,
    kind: 'Run',
    // The server completes generateName, so the name that ApiMetadata promises is there in its answer.
    metadata: {
      ...naming,
      namespace: request.namespace,
      ...madeByDeployment({ name, uid }),
      annotations: { [WIRE.annotationInstantiate]: 'manual' },
    } as unknown as ApiObject['metadata'],
    spec: { deployment: name, ...valuesOf(request, schema) },
  }
}

/** A Run from a file with the values of the command line put over its own. */
export function withValues(run: ApiObject, request: RunRequest): ApiObject {
  const spec = isJsonObject(run['spec']) ? run['spec'] : {}
  const added = valuesOf(request, undefined)
  const merged = Object.entries(added).map(([member, values]) => {
    const before = spec[member]
    return [member, { ...(isJsonObject(before) ? before : {}), ...values }]
  })
  const { generateName: _, ...metadata } = run.metadata
  return {
    ...run,
    metadata: request.name === undefined ? run.metadata : { ...metadata, name: request.name },
    spec: { ...spec, ...Object.fromEntries(merged) },
  }
}

function valuesOf(
  { parameters, variables }: RunRequest,
  schema: unknown,
): Readonly<Record<string, JsonObject>> {
  return {
    ...(parameters.size === 0 ? {} : { parameters: typed(parameters, schema) }),
    ...(variables.size === 0 ? {} : { variables: typed(variables, undefined) }),
  }
}

function typed(values: ReadonlyMap<string, string>, schema: unknown): JsonObject {
  const entries = [...values].map(([name, text]) => {
    const type = textAt(schema, 'properties', name, 'type')
    return [name, parseValue(text, type)]
  })
  return Object.fromEntries(entries) as JsonObject
}

/** `--param n=3` is a number, `--param list=[1,2]` a list, everything else text; and text where the schema says so. */
export function parseValue(text: string, type: string | undefined): Json {
  if (type === 'string') return text
  const value = parseJson(text)
  return value === undefined ? text : (value as Json)
}
