/** Why Capstan itself stops a task. */
export const STOPPED_BY_US = [
  'Cancel',
  'StartTimeout',
  'Deadline',
  'Heartbeat',
  'Replaced',
  'Unwanted',
] as const
export type StoppedByUs = (typeof STOPPED_BY_US)[number]

/** ECS keeps this many characters of the reason of a StopTask call. */
const MAX_REASON_LENGTH = 255

const PATTERN = /^Stopped by Capstan \((\w+)\)/

/** The `reason` of a StopTask call: people read it in the console, Capstan after a lost database. */
export function renderStopReason(by: StoppedByUs, note: string): string {
  return `Stopped by Capstan (${by}): ${note}`.slice(0, MAX_REASON_LENGTH)
}

/** The inverse of renderStopReason, for the stoppedReason of a task; undefined for other texts. */
export function parseStopReason(stoppedReason: string): StoppedByUs | undefined {
  const word = PATTERN.exec(stoppedReason)?.[1]
  return STOPPED_BY_US.find((by) => by === word)
}
