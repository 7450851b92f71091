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

/** Where a write goes, and what makes it happen once only. */
export interface WriteTarget {
  /** AwsAccount.id. */
  readonly account: string
  readonly cluster: string | undefined
  readonly clientToken: string | undefined
}

/** Asked before every write; a rejection keeps the request from leaving. */
export type BeforeWrite = (operation: WriteOperation, target: WriteTarget) => Promise<void>

/** What BeforeWrite rejects with where no request of this kind can ever have left before. */
export class WriteTooEarly extends Error {
  override readonly name = 'WriteTooEarly'
}

/**
 * Asks `before` each time that a write is about to leave: after its turn in the rate bucket has come, and
 * again before each repeat of the SDK, because a process can sleep through either.
 */
export function gateWrites(
  client: Pick<ECSClient, 'middlewareStack'>,
  account: string,
  before: BeforeWrite,
): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = WRITE_OPERATIONS.find((name) => commandName === `${name}Command`)
        if (operation !== undefined) {
          const { cluster, clientToken } = args.input as Partial<WriteTarget>
          await ask(before, operation, { account, cluster, clientToken })
        }
        return next(args)
      },
    { name: 'capstanWriteGate', step: 'deserialize', priority: 'low' },
  )
}

async function ask(
  before: BeforeWrite,
  operation: WriteOperation,
  target: WriteTarget,
): Promise<void> {
  try {
    await before(operation, target)
  } catch (error) {
    const isEarly = error instanceof WriteTooEarly
    throw new AwsError({
      operation,
      code: isEarly ? LOCAL_CODES.tooEarly : LOCAL_CODES.fenced,
      message: errorMessage(error),
      sent: !isEarly,
      cause: error,
    })
  }
}
