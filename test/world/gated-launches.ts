import { LOCAL_CODES } from '../../src/aws/error-texts.ts'
import { AwsError } from '../../src/aws/errors.ts'
import { WriteTooEarly } from '../../src/aws/write-gate.ts'
import type { RecoveryPart } from '../../src/controllers/recovery/controller.ts'
import type { Distortion } from './life.ts'

/** What a cluster says instead of listing its tasks; undefined: it lists them. */
export type Silence = AwsError | 'never' | undefined

/** Launches ask recovery first, as the gate before AWS has them do, and some clusters do not answer. */
export function gatedLaunches(
  recovery: () => RecoveryPart | undefined,
  silenceOf: (cluster: string) => Silence,
): Distortion {
  return {
    ecs: (port) => ({
      async listTaskArns(filter, signal) {
        const silence = silenceOf(filter.cluster ?? 'default')
        if (silence === 'never') return new Promise(() => {})
        if (silence) throw silence
        return port.listTaskArns(filter, signal)
      },
      async runTask(body, signal) {
        const { cluster, clientToken } = body
        try {
          await recovery()?.beforeLaunch?.({
            account: 'us-east-1',
            cluster,
            clientToken,
            isRepeat: false,
          })
        } catch (error) {
          const isEarly = error instanceof WriteTooEarly
          const code = isEarly ? LOCAL_CODES.tooEarly : LOCAL_CODES.fenced
          const { message } = error as Error
          throw new AwsError({ operation: 'RunTask', code, message, sent: false })
        }
        return port.runTask(body, signal)
      },
    }),
  }
}

/** The answer to a controller that may not look. */
export const LISTING_DENIED = new AwsError({
  operation: 'ListTasks',
  code: 'AccessDeniedException',
  message: 'not authorized to perform ecs:ListTasks',
  httpStatus: 400,
})
