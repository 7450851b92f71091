import type { CommandDefinition } from '../definition.ts'
import { CHANGE_COMMANDS } from './change.ts'
import { CONTROLLER_COMMANDS } from './controller.ts'
import { LOOK_COMMANDS } from './look.ts'
import { OFFLINE_COMMANDS } from './offline.ts'
import { OTHER_COMMANDS } from './other.ts'
import { STEER_COMMANDS } from './steer.ts'

/** Every verb, in the order of the help text. */
export const COMMANDS: readonly CommandDefinition[] = [
  ...CONTROLLER_COMMANDS,
  ...LOOK_COMMANDS,
  ...CHANGE_COMMANDS,
  ...STEER_COMMANDS,
  ...OFFLINE_COMMANDS,
  ...OTHER_COMMANDS,
]
