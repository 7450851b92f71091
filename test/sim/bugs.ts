import type { decideRun } from '../../src/controllers/run/decide.ts'
import type { Distortion } from '../world/life.ts'
import { CALL_BUGS } from './bugs-of-calls.ts'
import { DECISION_BUGS } from './bugs-of-decisions.ts'
import { WISH_BUGS } from './bugs-of-wishes.ts'

/** What a planted mistake changes: what decisions see or say, how calls are made, how rows are written. */
export interface Mistake extends Distortion {
  readonly decide?: typeof decideRun
}

/** A mistake that a controller can have; the simulator must find every one of them. */
export interface Bug {
  readonly name: string
  /** The class of bugs that it stands for. */
  readonly because: string
  /** Called once per story, so that stories share nothing. */
  readonly plant: () => Mistake
}

export const BUGS: readonly Bug[] = [...CALL_BUGS, ...DECISION_BUGS, ...WISH_BUGS]
