import { heartbeatOfEnv, leaseTerms } from '../kinds/heartbeat.ts'
import type { ResolvedRun } from '../kinds/resolve.ts'
import type { EffectiveSetting } from './effective-settings.ts'

/** A value that follows from others, and which. */
const DERIVED = 'frequencySeconds × missed + 15'

/** The heartbeat of a run as it is judged: every member, also the ones that nobody wrote. None without a heartbeat. */
export function heartbeatSettings({ template, sources }: ResolvedRun): readonly EffectiveSetting[] {
  const { heartbeat } = template
  if (!heartbeat) return []
  const written = frequencySource({ template, sources }) ?? sources.get('heartbeat') ?? 'Default'
  const terms = leaseTerms(heartbeat, undefined)
  const setting = (
    name: string,
    value: string | number,
    source: string | undefined,
  ): EffectiveSetting => ({
    name: `heartbeat.${name}`,
    value: String(value),
    source: source ?? 'Default',
  })
  const ifGiven = (value: unknown): string | undefined =>
    value === undefined ? undefined : written
  return [
    setting('frequencySeconds', heartbeat.frequencySeconds, written),
    setting('missed', heartbeat.missed ?? 3, ifGiven(heartbeat.missed)),
    setting('windowSeconds', terms.windowSeconds, DERIVED),
    setting('firstBeatSeconds', terms.firstBeatSeconds, ifGiven(heartbeat.firstBeatSeconds)),
    setting('source', terms.source, ifGiven(heartbeat.source)),
    setting('onMissed', terms.onMissed, ifGiven(heartbeat.onMissed)),
  ]
}

/** `Deployment env.PREFECT_…`, where nothing but the variable says that the run is to beat. */
function frequencySource({
  template,
  sources,
}: Pick<ResolvedRun, 'template' | 'sources'>): string | undefined {
  const told = heartbeatOfEnv(template.env)
  const isAll = Object.keys(template.heartbeat ?? {}).length === 1
  if (told.type !== 'On' || !isAll) return undefined
  if (template.heartbeat?.frequencySeconds !== told.heartbeat.frequencySeconds) return undefined
  const level = sources.get(`env.${told.name}`)
  return level === sources.get('heartbeat') ? `${level} env.${told.name}` : undefined
}
