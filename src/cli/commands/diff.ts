import { applyManifest, findLive } from '../applying.ts'
import type { CliContext } from '../context.ts'
import { renderEcsDiff } from '../ecs-diff.ts'
import { CliError, renderError } from '../errors.ts'
import { fetchList } from '../fetch.ts'
import { LAST_APPLIED } from '../last-applied.ts'
import { type ManifestObject, readManifests, refuseWords } from '../manifest-files.ts'
import { type ApiObject, omit, textAt } from '../objects.ts'
import type { Options } from '../options.ts'
import { DEPLOYMENTS, WORK_POOLS } from '../resources.ts'
import { unifiedDiff } from '../unified-diff.ts'
import type { WriteContext } from '../writing.ts'
import { renderYaml } from '../yaml-text.ts'

/** Something could not be compared; 1 is taken by "there are differences". */
const FAILED_EXIT_CODE = 2

/**
 * `capstan diff -f`: what apply would change, found by the server's dry run, and what that would change in
 * ECS. Exit code 1 when there is anything.
 */
export async function diff(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  try {
    refuseWords(words)
    const connection = await context.connect(options)
    const write: WriteContext = { context, connection, options, dryRun: 'server' }
    const changes: Change[] = []
    for (const manifest of await readManifests(context, options, connection.namespace)) {
      const change = await diffOne(write, manifest)
      context.stdout.write(change.text)
      if (change.text !== '') changes.push(change)
    }
    context.stdout.write(await diffInEcs(write, changes))
    return changes.length > 0 ? 1 : 0
  } catch (error) {
    const message = renderError(error).replace(/^error: /, '')
    throw new CliError(message, { exitCode: FAILED_EXIT_CODE, cause: error })
  }
}

interface Change {
  readonly live: ApiObject | undefined
  /** As the server would have it. */
  readonly object: ApiObject
  /** Empty when nothing changes. */
  readonly text: string
}

async function diffOne(write: WriteContext, manifest: ManifestObject): Promise<Change> {
  const name = textAt(manifest.object, 'metadata', 'name') ?? ''
  const live = await findLive(write, manifest, name)
  const { object } = await applyManifest(write, manifest)
  const file = [object.apiVersion.replace('/', '.'), object.kind, manifest.namespace, name]
    .filter((part) => part !== undefined)
    .join('.')
  const show = (shown: ApiObject | undefined): string =>
    shown === undefined ? '' : renderYaml(comparable(shown))
  const text = unifiedDiff(
    { label: `LIVE/${file}`, text: show(live) },
    { label: `MERGED/${file}`, text: show(object) },
  )
  return { live, object, text }
}

/** What the changes would do to task definitions and tasks. */
async function diffInEcs(
  { connection }: WriteContext,
  changes: readonly Change[],
): Promise<string> {
  const namespaces = new Set(changes.map(({ object }) => object.metadata.namespace))
  const others: ApiObject[] = []
  for (const namespace of namespaces) {
    for (const resource of [WORK_POOLS, DEPLOYMENTS]) {
      others.push(...(await fetchList(connection.client, resource, namespace)).items)
    }
  }
  const changed = changes.map(({ object }) => object)
  const live = changes.flatMap((change) => (change.live ? [change.live] : []))
  return renderEcsDiff({
    before: overlay(others, live),
    after: overlay(others, changed),
    changed,
  })
}

/** The objects with these in the place of those of the same name. */
function overlay(
  objects: readonly ApiObject[],
  replacements: readonly ApiObject[],
): readonly ApiObject[] {
  const key = ({ kind, metadata }: ApiObject): string =>
    `${kind}/${metadata.namespace ?? ''}/${metadata.name}`
  const all = [...objects, ...replacements].map((object) => [key(object), object] as const)
  return [...new Map(all).values()]
}

/** Without what differs from one dry run to the next and what repeats the manifest. */
function comparable(object: ApiObject): ApiObject {
  const hidden = ['managedFields', 'resourceVersion', 'uid', 'creationTimestamp', 'generation']
  const metadata = omit(object.metadata, hidden)
  const annotations = omit(metadata['annotations'], [LAST_APPLIED])
  return { ...object, metadata: { ...metadata, annotations } as unknown as ApiObject['metadata'] }
}
