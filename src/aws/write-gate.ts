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
  /** An earlier request of the same call has left already. */
  readonly isRepeat: boolean
}

/** Asked before every write; a rejection keeps the request from leaving. */
export type BeforeWrite = (operation: WriteOperation, target: WriteTarget) => Promise<void>

/** What BeforeWrite rejects with where no request of this kind can ever have left before. */
export class WriteTooEarly extends Error {
  override readonly name = 'WriteTooEarly'
}

/** What BeforeWrite rejects with where a repeat could happen twice by now. */
export class WriteTooLate extends Error {
  override readonly name = 'WriteTooLate'
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
    (next, { commandName = '' }) => {
      const operation = WRITE_OPERATIONS.find((name) => commandName === `${name}Command`)
      let isRepeat = false
      return async (args) => {
        if (operation !== undefined) {
          const { cluster, clientToken } = args.input as Partial<WriteTarget>
          await ask(before, operation, { account, cluster, clientToken, isRepeat })
          isRepeat = true
        }
        return next(args)
      }
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
    const code = codeOf(error)
    throw new AwsError({
      operation,
      code,
      message: errorMessage(error),
      sent: code !== LOCAL_CODES.tooEarly,
      cause: error,
    })
  }
}

function codeOf(error: unknown): string {
  if (error instanceof WriteTooEarly) return LOCAL_CODES.tooEarly
  return error instanceof WriteTooLate ? LOCAL_CODES.tooLate : LOCAL_CODES.fenced
}
