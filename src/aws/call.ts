import type { CallTicket, RateBuckets } from './buckets.ts'
import { operationOf } from './buckets.ts'
import { attemptsOf, toAwsError } from './error-from-sdk.ts'
import { REGISTRATION_RACE_TEXT } from './error-texts.ts'
import { type AwsError, classifyError } from './errors.ts'

/** Makes one call of the SDK in its turn. Whatever goes wrong is an AwsError. */
export type AwsCall = <Output>(ticket: CallTicket, send: () => Promise<Output>) => Promise<Output>

/** Every call waits for its buckets, and tells them how it went. */
export function createCall(buckets: RateBuckets): AwsCall {
  return async (ticket, send) => {
    await buckets.acquire(ticket)
    try {
      const output = await send()
      buckets.settled(ticket.user, { attempts: attemptsOf(output), throttled: false })
      return output
    } catch (thrown) {
      const error = toAwsError(operationOf(ticket.user), thrown)
      buckets.settled(ticket.user, { attempts: attemptsOf(thrown), throttled: isTooFast(error) })
      throw error
    }
  }
}

/** A registration race is no matter of speed: slowing down would not help. */
function isTooFast(error: AwsError): boolean {
  return classifyError(error).verdict === 'Throttle' && !REGISTRATION_RACE_TEXT.test(error.message)
}
