import { applyManifest } from '../applying.ts'
import type { CliContext } from '../context.ts'
import { ManyErrors, withSource } from '../errors.ts'
import { readManifests } from '../manifest-files.ts'
import type { Options } from '../options.ts'
import { readDryRun, reportWrite } from '../writing.ts'

/** `capstan apply -f`: makes the objects be as the manifests say. Goes on after a refusal. */
export async function apply(
  context: CliContext,
  _words: readonly string[],
  options: Options,
): Promise<number> {
  const connection = await context.connect(options)
  const write = { context, connection, options, dryRun: readDryRun(options) }
  const manifests = await readManifests(context, options, connection.namespace)
  const errors: unknown[] = []
  for (const manifest of manifests) {
    try {
      const { object, outcome } = await applyManifest(write, manifest)
      await reportWrite(write, object, outcome)
    } catch (error) {
      errors.push(withSource(error, 'applying', manifest.source))
    }
  }
  if (errors.length > 0) throw new ManyErrors(errors)
  return 0
}
