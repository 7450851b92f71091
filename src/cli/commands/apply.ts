import { applyManifest } from '../applying.ts'
import type { CliContext } from '../context.ts'
import { ManyErrors } from '../errors.ts'
import { explainRefusal } from '../explain-refusal.ts'
import { readManifests, refuseWords } from '../manifest-files.ts'
import type { Options } from '../options.ts'
import { createWriteReport, readDryRun } from '../writing.ts'

/** `capstan apply -f`: makes the objects be as the manifests say. Goes on after a refusal. */
export async function apply(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  refuseWords(words)
  const connection = await context.connect(options)
  const write = { context, connection, options, dryRun: readDryRun(options) }
  const manifests = await readManifests(context, options, connection.namespace)
  const report = createWriteReport(write)
  const errors: unknown[] = []
  for (const manifest of manifests) {
    try {
      const { object, outcome } = await applyManifest(write, manifest)
      report.add(object, outcome)
    } catch (error) {
      errors.push(await explainRefusal(error, 'applying', manifest))
    }
  }
  await report.finish()
  if (errors.length > 0) throw new ManyErrors(errors)
  return 0
}
