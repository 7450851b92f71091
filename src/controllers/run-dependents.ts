import type { ObjectKey } from '../kinds/meta.ts'
import type { Run } from '../kinds/run.ts'
import type { Place } from './run-place.ts'

/** Waiting runs by the run or deployment that they wait for (`dependsOn`). */
export class RunDependents {
  /** By what they wait for, then by uid. */
  readonly #waiting = new Map<string, Map<string, ObjectKey>>()

  add(namespace: string, { id, name, dependsOn = [] }: Place): void {
    const run: ObjectKey = { kind: 'Run', namespace, name }
    for (const { kind = 'Run', name: awaited } of dependsOn) {
      const key = toKey(namespace, kind, awaited)
      const waiting = this.#waiting.get(key) ?? new Map<string, ObjectKey>()
      this.#waiting.set(key, waiting.set(id, run))
    }
  }

  remove(namespace: string, { id, dependsOn = [] }: Place): void {
    for (const { kind = 'Run', name: awaited } of dependsOn) {
      const key = toKey(namespace, kind, awaited)
      const waiting = this.#waiting.get(key)
      waiting?.delete(id)
      if (waiting?.size === 0) this.#waiting.delete(key)
    }
  }

  /** Runs that wait for this one, or for the newest run of its deployment. */
  of({ metadata: { namespace, name }, spec: { deployment } }: Run): readonly ObjectKey[] {
    const keys = [toKey(namespace, 'Run', name)]
    if (deployment !== undefined) keys.push(toKey(namespace, 'Deployment', deployment))
    return keys.flatMap((key) => [...(this.#waiting.get(key)?.values() ?? [])])
  }

  clear(): void {
    this.#waiting.clear()
  }
}

function toKey(namespace: string, kind: string, name: string): string {
  return `${namespace}/${kind}/${name}`
}
