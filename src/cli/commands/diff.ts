import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { applyManifest, findLive } from '../applying.ts'
import { LAST_APPLIED } from '../last-applied.ts'
import type { CliContext } from '../context.ts'
import { CliError, renderError } from '../errors.ts'
import { type ManifestObject, readManifests } from '../manifest-files.ts'
import { type ApiObject, textAt } from '../objects.ts'
import type { Options } from '../options.ts'
import { unifiedDiff } from '../unified-diff.ts'
import type { WriteContext } from '../writing.ts'
import { renderYaml } from '../yaml-text.ts'

/** Something could not be compared; 1 is taken by "there are differences". */
const FAILED_EXIT_CODE = 2

/** `capstan diff -f`: what apply would change, found by the server's dry run. Exit code 1 when there is anything. */
export async function diff(
  context: CliContext,
  _words: readonly string[],
  options: Options,
): Promise<number> {
  try {
    const connection = await context.connect(options)
    const write: WriteContext = { context, connection, options, dryRun: 'server' }
    let isDifferent = false
    for (const manifest of await readManifests(context, options, connection.namespace)) {
      const text = await diffOne(write, manifest)
      context.stdout.write(text)
      isDifferent ||= text !== ''
    }
    return isDifferent ? 1 : 0
  } catch (error) {
    const message = renderError(error).replace(/^error: /, '')
    throw new CliError(message, { exitCode: FAILED_EXIT_CODE, cause: error })
  }
}

async function diffOne(write: WriteContext, manifest: ManifestObject): Promise<string> {
  const name = textAt(manifest.object, 'metadata', 'name') ?? ''
  const live = await findLive(write, manifest, name)
  const { object } = await applyManifest(write, manifest)
  const file = [object.apiVersion.replace('/', '.'), object.kind, manifest.namespace, name]
    .filter((part) => part !== undefined)
    .join('.')
  const show = (shown: ApiObject | undefined): string =>
    shown === undefined ? '' : renderYaml(comparable(shown))
  return unifiedDiff(
    { label: `LIVE/${file}`, text: show(live) },
    { label: `MERGED/${file}`, text: show(object) },
  )
}

/** Without what differs from one dry run to the next and what repeats the manifest. */
function comparable(object: ApiObject): ApiObject {
  const hidden = ['managedFields', 'resourceVersion', 'uid', 'creationTimestamp', 'generation']
  const metadata = omit(object.metadata, hidden)
  const annotations = omit(metadata['annotations'], [LAST_APPLIED])
  return { ...object, metadata: { ...metadata, annotations } as unknown as ApiObject['metadata'] }
}

function omit(value: unknown, names: readonly string[]): JsonObject {
  if (!isJsonObject(value)) return {}
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}
