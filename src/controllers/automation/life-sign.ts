import { type EventRecord, RESOURCE_PREFIX } from '../../kinds/event.ts'

/** What an event says about whether its run should be heard of again soon. */
export type LifeSign = 'Alive' | 'Quiet' | 'None'

/** States in which nothing beats: final ones, and those in which the task stops or has stopped. */
const QUIET_TYPES: readonly string[] = [
  'COMPLETED',
  'FAILED',
  'CRASHED',
  'CANCELLED',
  'CANCELLING',
  'PAUSED',
  'SCHEDULED',
]

/** The same by name, for events that carry no type of state. */
const QUIET_NAMES: readonly string[] = [
  'Completed',
  'Cached',
  'Failed',
  'TimedOut',
  'Crashed',
  'Cancelled',
  'Cancelling',
  'Paused',
  'Suspended',
  'Held',
  'Scheduled',
  'Late',
  'AwaitingRetry',
  'AwaitingConcurrencySlot',
]

/** Reads an event about a run; other events are no sign of anything. */
export function lifeSignOf({ event, resource }: EventRecord): LifeSign {
  if (!event.startsWith(RESOURCE_PREFIX.run)) return 'None'
  const type = resource['capstan.state-type']
  if (type !== undefined) return QUIET_TYPES.includes(type) ? 'Quiet' : 'Alive'
  return QUIET_NAMES.includes(event.slice(RESOURCE_PREFIX.run.length)) ? 'Quiet' : 'Alive'
}
