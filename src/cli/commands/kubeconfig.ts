import { sleep } from '../../lib/clock.ts'
import type { CliContext } from '../context.ts'
import { AbsentControllerError, UsageError } from '../errors.ts'
import type { Options } from '../options.ts'

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
  const query = { namespace, role: options.text('role') }
  const { clock } = context
  const deadlineMs = clock.monotonicMs() + WAIT_MS
  for (;;) {
    try {
      const chunks: Buffer[] = []
      for await (const chunk of await client.stream({ path: PATH, query, accept: '*/*' })) {
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
