import { DEFAULT_NAMESPACE } from '../../kinds/meta.ts'
import { renderProblem } from '../../manifest/problem.ts'
import type { CliContext } from '../context.ts'
import { type ManifestText, readOfflineTexts } from '../manifest-files.ts'
import { checkOffline } from '../offline-runs.ts'
import type { Options } from '../options.ts'
import { paint } from '../terminal.ts'

/** `capstan validate`: needs neither controller nor AWS. Problems on stderr, exit code 1 when there are any. */
export async function validate(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const texts = await readOfflineTexts(context, words, options)
  const check = checkOffline(texts, options.text('namespace') ?? DEFAULT_NAMESPACE)
  const { stdout, stderr } = context
  const textOf = new Map(texts.map(({ source, text }) => [source, text]))
  for (const problem of check.warnings) {
    const { colour } = stderr
    stderr.write(
      `${paint('yellow', 'Warning:', colour)} ${renderProblem(problem, textOf.get(problem.file))}\n`,
    )
  }
  for (const problem of check.problems) {
    stderr.write(`${renderProblem(problem, textOf.get(problem.file))}\n`)
  }
  if (!options.flag('quiet')) {
    for (const text of texts) stdout.write(validLine(text, check))
  }
  return check.problems.length > 0 ? 1 : 0
}

/** `run.yaml valid (2 objects)`; nothing for a file with problems. */
function validLine({ source }: ManifestText, check: ReturnType<typeof checkOffline>): string {
  if (check.problems.some(({ file }) => file === source)) return ''
  const count = check.objects.filter(({ file }) => file === source).length
  return `${source} valid (${count} ${count === 1 ? 'object' : 'objects'})\n`
}
