import { completionScript } from '../completion/scripts.ts'
import type { CliContext } from '../context.ts'
import { SHELLS } from '../definitions/other.ts'
import { UsageError } from '../errors.ts'

/** `capstan completion SHELL`: prints the script that makes the shell ask this program. */
export async function completion(context: CliContext, words: readonly string[]): Promise<number> {
  const shell = SHELLS.find((known) => known === words[0])
  if (shell === undefined || words.length > 1) {
    throw new UsageError(`name your shell: completion ${SHELLS.join(' | ')}`)
  }
  context.stdout.write(completionScript(shell))
  return 0
}
