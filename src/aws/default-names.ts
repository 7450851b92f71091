import { WIRE } from '../kinds/meta.ts'
import { limitedName } from '../lib/names.ts'
import { toFamily } from './family.ts'

/** Longest value of an ECS tag. */
const MAX_TAG_VALUE_LENGTH = 256
const MAX_FAMILY_LENGTH = 255

/** Names of a run and of what it belongs to. */
export interface RunNames {
  readonly namespace: string
  readonly run: string
  readonly deployment?: string | undefined
  readonly workPool: string
}

/** Names of things in AWS where the template says nothing: runs of a deployment share its name. */
export function defaultNames(names: RunNames): {
  readonly family: string
  readonly logPrefix: string
} {
  const owner = names.deployment ?? names.run
  const family = toFamily(`capstan-${names.namespace}-${owner.replaceAll('.', '-')}`)
  return {
    family: limitedName(family ?? 'capstan', MAX_FAMILY_LENGTH),
    logPrefix: `${names.namespace}/${owner}`,
  }
}

/** Capstan's own tags of a task: by them tasks are found again after everything else is lost. */
export function taskTags(
  names: RunNames,
  identity: {
    readonly uid: string
    readonly attempt: string
    readonly controller: string
    readonly instance: string
  },
): Readonly<Record<string, string>> {
  const { namespace, run, deployment, workPool } = names
  const qualified = (name: string): string =>
    limitedName(`${namespace}/${name}`, MAX_TAG_VALUE_LENGTH)
  return {
    [WIRE.tagRun]: qualified(run),
    [WIRE.tagRunUid]: identity.uid,
    [WIRE.tagAttempt]: identity.attempt,
    ...(deployment === undefined ? {} : { [WIRE.tagDeployment]: qualified(deployment) }),
    [WIRE.tagWorkPool]: qualified(workPool),
    [WIRE.tagController]: identity.controller,
    [WIRE.tagInstance]: identity.instance,
  }
}
