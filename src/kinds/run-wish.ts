import { isJsonObject, parseJson } from '../lib/json.ts'
import { WIRE } from './meta.ts'
import { isFinalState, type RunStatus, STATE_TYPES, type StateType } from './run.ts'

/**
 * The state in which an automation wants a run to end. It stands in an annotation of the Run, because
 * only the run's own controller writes its status: that one stops the task and then says so.
 */
export interface RunWish {
  readonly type: StateType
  readonly name: string
  readonly message: string
  /** The first attempt of the life that it is about: a rerun is not ended by what was wished before. */
  readonly fromAttempt: number
  /** Also a run that is over takes this state. */
  readonly force: boolean
}

interface Wished {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  readonly status?: RunStatus
}

/** The first attempt of the run's present life. */
export function lifeOf(status: RunStatus | undefined): number {
  return status?.rerun?.fromAttempt ?? 1
}

/** The wish that counts for the run as it is; undefined where there is none, or it was for a life before. */
export function wishOf({ metadata, status }: Wished): RunWish | undefined {
  const text = metadata.annotations?.[WIRE.annotationEndAs]
  const wish = text === undefined ? undefined : parseWish(text)
  return wish?.fromAttempt === lifeOf(status) ? wish : undefined
}

/** The same for a run that is over: only what is forced and not fulfilled is left. */
export function forcedWishOf(run: Wished): RunWish | undefined {
  const wish = wishOf(run)
  const state = run.status?.state
  if (!wish?.force || (state?.type === wish.type && state.name === wish.name)) return undefined
  return wish
}

export function renderWish(wish: RunWish): string {
  return JSON.stringify(wish)
}

/** Undefined for texts that no automation wrote. */
function parseWish(text: string): RunWish | undefined {
  const value = parseJson(text)
  if (!isJsonObject(value)) return undefined
  const { name, message, fromAttempt, force } = value
  const type = STATE_TYPES.find((known) => known === value['type'])
  if (!isFinalState(type) || type === undefined || typeof fromAttempt !== 'number') return undefined
  if (typeof name !== 'string' || typeof message !== 'string') return undefined
  return { type, name, message, fromAttempt, force: force === true }
}
