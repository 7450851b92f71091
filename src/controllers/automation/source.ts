import type { Automation } from '../../kinds/automation.ts'
import type { Deployment } from '../../kinds/deployment.ts'
import type { Action, DeploymentTrigger, Trigger } from '../../kinds/generated.ts'
import { type CapstanObject, keyOf, type ObjectKey } from '../../kinds/meta.ts'
import { defined } from '../../lib/defined.ts'
import { canonicalJson } from '../../lib/json.ts'
import { sha256 } from '../../lib/names.ts'
import { readTrigger, type TriggerNode } from './node.ts'

/** A trigger with what it leads to: an Automation, or one of a Deployment's `triggers`. */
export interface TriggerSource {
  /** The object's uid; of a Deployment's trigger, with its name. */
  readonly id: string
  readonly owner: ObjectKey & { readonly uid: string }
  /** For labels: `notify`, `etl/nightly`. */
  readonly name: string
  /** For sentences: `automation notify`, `trigger nightly of deployment etl`. */
  readonly title: string
  readonly enabled: boolean
  /** Hash of the trigger: another one begins afresh, other actions do not. */
  readonly definition: string
  readonly node: TriggerNode
  readonly onTrigger: readonly Action[]
  readonly onResolve: readonly Action[]
}

/** The triggers of an object: one of an Automation, any number of a Deployment, none of others. */
export function sourcesOf(object: CapstanObject<unknown, unknown>): readonly TriggerSource[] {
  if (object.kind === 'Automation') return [automationSource(object as Automation)]
  if (object.kind === 'Deployment') return deploymentSources(object as Deployment)
  return []
}

function automationSource(automation: Automation): TriggerSource {
  const { metadata, spec } = automation
  const { enabled = true, trigger, actions = [], actionsOnTrigger = [], actionsOnResolve } = spec
  return {
    id: metadata.uid,
    owner: { ...keyOf(automation), uid: metadata.uid },
    name: metadata.name,
    title: `automation ${metadata.name}`,
    enabled: enabled && metadata.deletionTimestamp === undefined,
    definition: definitionOf(trigger),
    node: readTrigger(trigger),
    onTrigger: [...actions, ...actionsOnTrigger],
    onResolve: actionsOnResolve ?? [],
  }
}

function deploymentSources(deployment: Deployment): readonly TriggerSource[] {
  const { metadata, spec } = deployment
  const isOpen = spec.suspend !== true && metadata.deletionTimestamp === undefined
  return (spec.triggers ?? []).map((one, index) => {
    const name = one.name ?? `#${index + 1}`
    return {
      id: `${metadata.uid}/${name}`,
      owner: { ...keyOf(deployment), uid: metadata.uid },
      name: `${metadata.name}/${name}`,
      title: `trigger ${name} of deployment ${metadata.name}`,
      enabled: isOpen && one.enabled !== false,
      definition: definitionOf(one.trigger),
      node: readTrigger(one.trigger),
      onTrigger: [startOf(metadata.name, one)],
      onResolve: [],
    }
  })
}

function startOf(deployment: string, trigger: DeploymentTrigger): Action {
  const { parameters, variables, scheduleAfterSeconds } = trigger
  const type = 'run-deployment' as const
  return { type, ...defined({ deployment, parameters, variables, scheduleAfterSeconds }) }
}

function definitionOf(trigger: Trigger): string {
  return sha256(canonicalJson(trigger)).slice(0, 16)
}
