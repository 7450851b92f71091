import { fillIn } from '../../kinds/automation-template.ts'
import type { Deployment } from '../../kinds/deployment.ts'
import { deploymentRunName, madeByDeployment } from '../../kinds/deployment-run.ts'
import { API_VERSION, WIRE } from '../../kinds/meta.ts'
import { defined } from '../../lib/defined.ts'
import { isoTime, renderTime } from '../../lib/instant.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { sha256, uuidV5 } from '../../lib/names.ts'
import type { NewObject } from '../../store/types.ts'
import { chainTooLong } from './act-run.ts'
import type { Act, ActionInput } from './action.ts'
import { renderChain } from './context.ts'
import { MAX_CHAIN } from './limits.ts'
import { objectRelated } from './records.ts'
import { done, failed, skipped } from './result.ts'
import { findDeployment } from './target.ts'

const SUFFIX_LENGTH = 10

/**
 * Starts the deployment. Name and uid of the run follow from the firing and the place of the action, so
 * that however often it is done, it is one run.
 */
export const startDeployment: Act = (input) => {
  const { store, action, context } = input
  const target = findDeployment(store, action, context)
  if (target.type === 'None') return failed(`No run was started: ${target.why}.`)
  const deployment = target.object as unknown as Deployment
  const { name } = deployment.metadata
  if (deployment.spec.suspend === true) {
    return skipped(`No run was started: deployment ${name} is suspended.`)
  }
  if (context.chain >= MAX_CHAIN) return chainTooLong(action, context.chain)
  const run = newRun(input, deployment)
  const { uid } = run.metadata
  const about = [objectRelated(target.object), objectRelated(run, 'run')]
  const isMade = store.objects.getByUid(uid) ?? store.history.get(uid)
  if (isMade) return { ...skipped(`Run ${run.metadata.name} was started already.`), about }
  store.objects.create(run)
  return { ...done(`Run ${run.metadata.name} was started.`), about }
}

function newRun(input: ActionInput, { metadata }: Deployment): NewObject {
  const { context, position, nowMs } = input
  const { name, namespace, uid } = metadata
  const key = `${context.firing}/${position}`
  const suffix = sha256(key).slice(0, SUFFIX_LENGTH)
  return {
    apiVersion: API_VERSION,
    kind: 'Run',
    metadata: {
      name: deploymentRunName(name, suffix),
      namespace,
      uid: uuidV5('Run', uid, key),
      creationTimestamp: renderTime(nowMs),
      finalizers: [WIRE.finalizerTask],
      ...madeByDeployment(metadata),
      annotations: {
        [WIRE.annotationTriggeredBy]: context.title,
        [WIRE.annotationChain]: renderChain(context.chain + 1, nowMs),
      },
    },
    spec: runSpec(input, name),
  }
}

function runSpec({ action, context }: ActionInput, deployment: string): JsonObject {
  const { parameters, variables, scheduleAfterSeconds = 0 } = action
  const dueMs = context.firedAtMs + scheduleAfterSeconds * 1000
  return defined({
    deployment,
    scheduledTime: scheduleAfterSeconds > 0 ? isoTime(dueMs) : undefined,
    parameters: filled(parameters, context.values),
    variables: filled(variables, context.values),
  })
}

function filled(given: JsonObject | undefined, values: JsonObject): JsonObject | undefined {
  const value = given && fillIn(unwrapped(given), { values })
  return isJsonObject(value) ? value : undefined
}

/** Prefect marks parameters that hold placeholders; here every text may. */
function unwrapped(value: Json): Json {
  if (Array.isArray(value)) return value.map(unwrapped)
  if (!isJsonObject(value)) return value
  const { __prefect_kind: kind, template } = value
  if (kind === 'jinja' && template !== undefined) return template
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, item === undefined ? item : unwrapped(item)]),
  )
}
