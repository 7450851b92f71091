import { defined } from '../lib/defined.ts'
import { isoTime, renderTime } from '../lib/instant.ts'
import { uuidV5 } from '../lib/names.ts'
import { deploymentRunName, madeByDeployment } from './deployment-run.ts'
import type { RunSpec, Schedule } from './generated.ts'
import { type ObjectMeta, WIRE } from './meta.ts'

/** The uid of the run for a time: whoever makes it, and however often, it is the same run. */
export function scheduledUid(deploymentUid: string, scheduledMs: number): string {
  return uuidV5('Run', deploymentUid, isoTime(scheduledMs))
}

/** `etl-202601311230`, the scheduled minute in UTC; with the seconds where a time has some. */
export function scheduledName(deployment: string, scheduledMs: number): string {
  const digits = renderTime(scheduledMs).replace(/\D/g, '')
  const minute = digits.endsWith('00') ? digits.slice(0, -2) : digits
  return deploymentRunName(deployment, minute)
}

/** Slug of a schedule, or its place in the list. */
export function scheduleName(schedule: Schedule, index: number): string {
  return schedule.slug ?? String(index)
}

/** The Run for one time of one schedule, as somebody would write it. */
export function scheduledRun(
  deployment: Pick<ObjectMeta, 'name' | 'namespace' | 'uid'>,
  schedule: { readonly name: string; readonly spec: Schedule },
  scheduledMs: number,
): {
  readonly metadata: Pick<
    ObjectMeta,
    'name' | 'namespace' | 'labels' | 'annotations' | 'ownerReferences'
  >
  readonly spec: RunSpec
} {
  const { name, namespace } = deployment
  return {
    metadata: {
      name: scheduledName(name, scheduledMs),
      namespace,
      ...madeByDeployment(deployment),
      annotations: {
        [WIRE.annotationScheduledTime]: isoTime(scheduledMs),
        [WIRE.annotationSchedule]: schedule.name,
      },
    },
    spec: defined({
      deployment: name,
      scheduledTime: isoTime(scheduledMs),
      parameters: schedule.spec.parameters,
      variables: schedule.spec.variables,
    }),
  }
}
