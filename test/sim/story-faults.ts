import type { Fault, FaultRule } from '../../src/emulator/faults.ts'
import type { Random } from '../../src/lib/random.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { chance, oneOf, pick, times } from './dice.ts'

const OPERATIONS = [
  'RunTask',
  'DescribeTasks',
  'StopTask',
  'RegisterTaskDefinition',
  'ListTasks',
  '*',
] as const

/** What goes wrong at ECS, until `untilMs`. */
export function makeFaults(random: Random, untilMs: number): readonly FaultRule[] {
  return times(pick(random, 4), () => {
    const operation = oneOf(random, OPERATIONS)
    const probability = 0.1 + 0.6 * random.fraction()
    const limit = 1 + pick(random, 4)
    return { operation, probability, limit, untilMs, fault: makeFault(random, operation) }
  })
}

function makeFault(random: Random, operation: string): Fault {
  if (operation === 'RunTask' && chance(random, 0.7)) return oneOf(random, faultsOfRunTask(random))
  const isRead = operation === 'DescribeTasks' || operation === 'ListTasks'
  if (isRead && chance(random, 0.4)) return { type: 'stale', ageMs: pick(random, 2 * MINUTE) }
  return oneOf(random, faultsOfAny(random))
}

function faultsOfAny(random: Random): readonly [Fault, ...Fault[]] {
  return [
    { type: 'throttle' },
    { type: 'serverError', effect: 'before' },
    { type: 'serverError', effect: 'after' },
    { type: 'reset', effect: 'before' },
    { type: 'reset', effect: 'after' },
    { type: 'delay', delayMs: pick(random, 20 * SECOND) },
  ]
}

function faultsOfRunTask(random: Random): readonly [Fault, ...Fault[]] {
  return [
    { type: 'throttle', disguise: 'subnet' },
    { type: 'throttle', disguise: 'securityGroup' },
    { type: 'capacity' },
    { type: 'spotInterruption', afterMs: pick(random, MINUTE) },
    { type: 'hostLoss', afterMs: pick(random, MINUTE) },
    { type: 'slowStart', delayMs: pick(random, 4 * MINUTE) },
    { type: 'neverStart' },
    { type: 'startFailure' },
    { type: 'missing', forMs: pick(random, 4 * MINUTE) },
    { type: 'unlisted', forMs: pick(random, 4 * MINUTE) },
  ]
}
