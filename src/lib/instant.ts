/** RFC 3339 in UTC with milliseconds, as Capstan's statuses carry their times. Arithmetic on an input, no clock. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** Epoch milliseconds of an RFC 3339 time; undefined when the text is not one. */
export function parseIsoTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

/** `2026-01-01T00:00:00Z`: whole seconds, as Kubernetes writes metav1.Time: all times of metadata and conditions. */
export function renderTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** `2026-01-01T00:00:00.000000Z`, as Kubernetes writes metav1.MicroTime. */
export function renderMicroTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`
}

/** A Date, for libraries that take nothing else. */
export function toDate(ms: number): Date {
  return new Date(ms)
}
