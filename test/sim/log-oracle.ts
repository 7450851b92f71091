import { LABEL } from '../../src/kinds/event.ts'
import type { World } from '../world/world.ts'

/** Ends of an attempt: it has one of them, once. */
const ENDS: readonly string[] = [
  'capstan.attempt.ended',
  'capstan.attempt.refused',
  'capstan.attempt.lost',
]

/** Far more than a story has. */
const ALL = 100_000

/**
 * The event log tells what has happened once, whenever the process died: an attempt is launched and ends once,
 * a run never goes from a state to the same state, and the last state that is told is the one that it is in.
 * `recreated`: runs that were deleted and made again under the same uid, which begin anew where they may have been.
 */
export function mistold(world: World, recreated: ReadonlySet<string>): readonly string[] {
  const events = world.store.eventLog.after(0, ALL)
  const attempts = Map.groupBy(
    events.filter(({ event }) => event.startsWith('capstan.attempt.')),
    ({ resource }) => resource[LABEL.id] ?? '',
  )
  const twice = [...attempts].flatMap(([id, told]) => {
    const launches = told.filter(({ event }) => event === 'capstan.attempt.launched').length
    const ends = told.filter(({ event }) => ENDS.includes(event)).length
    return launches > 1 || ends > 1
      ? [`${id} is told to be launched ${launches}×, ended ${ends}×`]
      : []
  })
  return [
    ...twice,
    ...world.runNames().flatMap((name) => mistoldStates(world, name, recreated.has(name))),
  ]
}

/** The first state of a life: a run that is made again may have been in it before. */
const FIRST_STATE = 'PENDING/Pending'

function mistoldStates(world: World, name: string, isRecreated: boolean): readonly string[] {
  const run = world.run(name)
  if (!run) return []
  const states = world.store.eventLog
    .list({ runUid: run.metadata.uid, eventPrefix: 'capstan.run.', limit: ALL })
    .flatMap(({ resource }) => {
      const type = resource['capstan.state-type']
      return type === undefined ? [] : `${type}/${resource['capstan.state-name']}`
    })
  const repeated = states.find(
    (state, index) => state === states[index + 1] && !(isRecreated && state === FIRST_STATE),
  )
  return [
    ...(states[0] === world.state(name)
      ? []
      : [`${name} is ${world.state(name)}, told ${states[0]}`]),
    ...(repeated === undefined ? [] : [`${name} is told to go from ${repeated} to itself`]),
  ]
}
