import { sleep } from '../../lib/clock.ts'
import type { CliContext } from '../context.ts'
import { AbsentControllerError, UsageError } from '../errors.ts'
import { durationOption, type Options } from '../options.ts'

const PATH = '/capstan/kubeconfig'

/** A controller that was started a moment ago is waited for this long. */
const WAIT_MS = 5_000
const RETRY_MS = 200

/** `capstan kubeconfig`: a whole kubeconfig on stdout, or nothing there and the reason on stderr. */
export async function kubeconfig(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  if (words.length > 0) throw new UsageError(`unexpected argument "${words[0]}"`)
  const { client, namespace } = await context.connect(options)
  const request = {
    method: 'POST' as const,
    path: PATH,
    query: {
      namespace,
      role: options.text('role'),
      expiresInSeconds: lifetimeSeconds(options)?.toString(),
    },
    body: { token: await givenToken(context, options) },
    accept: '*/*',
  }
  const { clock } = context
  const deadlineMs = clock.monotonicMs() + WAIT_MS
  for (;;) {
    try {
      const chunks: Buffer[] = []
      for await (const chunk of await client.stream(request)) {
        chunks.push(chunk)
      }
      context.stdout.write(Buffer.concat(chunks))
      return 0
    } catch (error) {
      const isStarting = error instanceof AbsentControllerError
      if (!isStarting || clock.monotonicMs() >= deadlineMs) throw error
      await sleep(clock, RETRY_MS)
    }
  }
}

/** Of `--expires-in`, in whole seconds. */
export function lifetimeSeconds(options: Options): number | undefined {
  const lifetimeMs = durationOption(options, 'expires-in')
  return lifetimeMs === undefined ? undefined : Math.round(lifetimeMs / 1_000)
}

/** The token to write down instead of a new one; `-` reads it from stdin, where no list of processes shows it. */
async function givenToken(context: CliContext, options: Options): Promise<string | undefined> {
  const text = options.text('use-token')
  return text === '-' ? (await context.readStdin()).trim() : text
}
