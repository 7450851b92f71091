import type { Clock } from '../lib/clock.ts'
import type { ApiClient } from './client.ts'
import { isReason } from './errors.ts'
import { fetchList } from './fetch.ts'
import { type ApiObject, parseObject } from './objects.ts'
import { resourcePath } from './resources.ts'
import type { ObjectTarget } from './targets.ts'
import { watch } from './watch-stream.ts'

export interface FollowPorts {
  readonly client: ApiClient
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/** The states of one object, the present one first; undefined while it does not exist. Never ends by itself. */
export async function* follow(
  { client, clock, signal }: FollowPorts,
  target: ObjectTarget,
): AsyncGenerator<ApiObject | undefined, void> {
  const { resource, namespace, name } = target
  const query = { fieldSelector: `metadata.name=${name}` }
  const request = { path: resourcePath(resource, namespace), query, signal }
  for (;;) {
    const list = await fetchList(client, resource, namespace, query)
    yield list.items[0]
    try {
      for await (const change of watch(client, request, list.resourceVersion, clock)) {
        yield change.type === 'DELETED' ? undefined : parseObject(change.object)
      }
    } catch (error) {
      // The journal no longer reaches back to where the watch stopped: look at the present again.
      if (!isReason(error, 'Expired')) throw error
    }
  }
}

/**
 * The first state for which `decide` answers anything but undefined, as that answer. Undefined when
 * `timeoutMs` went by before; no timeout: waits for ever.
 */
export async function followUntil<Answer>(
  ports: FollowPorts,
  target: ObjectTarget,
  decide: (object: ApiObject | undefined) => Answer | undefined,
  timeoutMs?: number,
): Promise<Answer | undefined> {
  const timeout = new AbortController()
  const cancel =
    timeoutMs === undefined
      ? () => {}
      : ports.clock.after(timeoutMs, () => timeout.abort(new Error('timed out')))
  try {
    for await (const object of follow({ ...ports, signal: timeout.signal }, target)) {
      const answer = decide(object)
      if (answer !== undefined) return answer
      if (timeout.signal.aborted) return undefined
    }
    return undefined
  } catch (error) {
    if (timeout.signal.aborted) return undefined
    throw error
  } finally {
    cancel()
  }
}
