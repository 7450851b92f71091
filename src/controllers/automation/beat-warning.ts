import type { Automation } from '../../kinds/automation.ts'
import type { DeploymentSpec } from '../../kinds/generated.ts'
import { heartbeatOfEnv } from '../../kinds/heartbeat.ts'
import type { CapstanObject } from '../../kinds/meta.ts'
import { isJsonObject } from '../../lib/json.ts'
import { leavesOf, readTrigger } from './node.ts'

/**
 * Sentences about windows that end before the next beat may come: such a trigger would end healthy runs,
 * one after the other. Only what deployments say themselves is looked at; a pool's template may say more.
 */
export function beatWarnings(
  automation: Automation,
  deployments: readonly CapstanObject<DeploymentSpec>[],
): readonly string[] {
  const windows = leavesOf(readTrigger(automation.spec.trigger))
    .filter(({ judgesBeats }) => judgesBeats)
    .map(({ withinMs = 0 }) => withinMs / 1000)
  const shortest = Math.min(...windows)
  return deployments.flatMap(({ metadata, spec }) => {
    const beat = beatSeconds(spec)
    if (beat === undefined || beat < shortest) return []
    return [
      `Deployment ${metadata.name} beats every ${beat} s, and the trigger waits ${shortest} s for a beat: it takes healthy runs for dead. Set within to ${3 * beat}, or use heartbeat of the template instead.`,
    ]
  })
}

function beatSeconds({ template }: DeploymentSpec): number | undefined {
  const { heartbeat, env } = template ?? {}
  if (isJsonObject(heartbeat)) return heartbeat.frequencySeconds
  const beat = heartbeatOfEnv(isJsonObject(env) ? env : undefined)
  return beat.type === 'On' ? beat.heartbeat.frequencySeconds : undefined
}
