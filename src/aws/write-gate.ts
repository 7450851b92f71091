import type { ECSClient } from '@aws-sdk/client-ecs'
import { errorMessage } from '../lib/errors.ts'
import { LOCAL_CODES } from './error-texts.ts'
import { AwsError } from './errors.ts'

/** Calls that change something at AWS. */
export const WRITE_OPERATIONS = [
  'RunTask',
  'StopTask',
  'RegisterTaskDefinition',
  'DeregisterTaskDefinition',
  'DeleteTaskDefinitions',
] as const
export type WriteOperation = (typeof WRITE_OPERATIONS)[number]

/** Asked before every write; a rejection keeps the request from leaving. */
export type BeforeWrite = (operation: WriteOperation) => Promise<void>

/**
 * Asks `before` each time that a write is about to leave: after its turn in the rate bucket has come, and
 * again before each repeat of the SDK, because a process can sleep through either.
 */
export function gateWrites(client: Pick<ECSClient, 'middlewareStack'>, before: BeforeWrite): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = WRITE_OPERATIONS.find((name) => commandName === `${name}Command`)
        if (operation !== undefined) await ask(before, operation)
        return next(args)
      },
    { name: 'capstanWriteGate', step: 'deserialize', priority: 'low' },
  )
}

async function ask(before: BeforeWrite, operation: WriteOperation): Promise<void> {
  try {
    await before(operation)
  } catch (error) {
    throw new AwsError({
      operation,
      code: LOCAL_CODES.fenced,
      message: errorMessage(error),
      cause: error,
    })
  }
}
