import { DEFAULT_NAMESPACE } from '../../kinds/meta.ts'
import type { CliContext } from '../context.ts'
import { type ManifestText, readOfflineTexts } from '../manifest-files.ts'
import { checkOffline, type OfflineCheck } from '../offline-runs.ts'
import type { Options } from '../options.ts'
import { reportProblems } from '../problem-report.ts'

/** `capstan validate`: needs neither controller nor AWS. Problems on stderr, exit code 1 when there are any. */
export async function validate(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const texts = await readOfflineTexts(context, words, options)
  const check = checkOffline(texts, options.text('namespace') ?? DEFAULT_NAMESPACE)
  reportProblems(context.stderr, texts, check)
  if (!options.flag('quiet')) {
    for (const text of texts) context.stdout.write(validLine(text, check))
  }
  return check.problems.length > 0 ? 1 : 0
}

/** `run.yaml valid (2 objects)`; nothing for a file with problems. */
function validLine({ source }: ManifestText, check: OfflineCheck): string {
  if (check.problems.some(({ file }) => file === source)) return ''
  const count = check.objects.filter(({ file }) => file === source).length
  return `${source} valid (${count} ${count === 1 ? 'object' : 'objects'})\n`
}
