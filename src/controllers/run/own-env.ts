import type { TemplateSpec } from '../../kinds/generated.ts'
import { heartbeatEnv, type LeaseTerms, leaseTerms } from '../../kinds/heartbeat.ts'
import type { TryKey } from '../attempt-identity.ts'
import type { RunWorld } from './world.ts'

/** The heartbeats that the launched task will owe; undefined: none. */
export function termsOf(world: RunWorld, { heartbeat }: TemplateSpec): LeaseTerms | undefined {
  return heartbeat && leaseTerms(heartbeat, world.heartbeat.url)
}

/** What Capstan itself puts into the environment of a task. Equal for equal keys: the request is frozen. */
export function ownEnv(
  world: RunWorld,
  template: TemplateSpec,
  key: TryKey,
): Readonly<Record<string, string>> {
  const { runUid, index, number: attempt } = key
  const task = { runUid, index, attempt, env: template.env }
  const terms = termsOf(world, template)
  return {
    ...(world.run.spec.array !== undefined && { CAPSTAN_ARRAY_INDEX: String(index) }),
    ...(terms && heartbeatEnv(terms, { ...task, token: world.heartbeat.token() })),
  }
}

/** Why nobody will notice when heartbeats stop, if that is so. */
export function heartbeatWarnings(terms: LeaseTerms | undefined): readonly string[] {
  if (terms?.source !== 'Http' || terms.url !== undefined) return []
  return [
    'heartbeat: Capstan knows no address at which the task could reach it, so nobody notices when its heartbeats stop: start capstan up with --heartbeat-listen or --heartbeat-url.',
  ]
}
