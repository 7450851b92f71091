import type { CliContext, Connection } from '../context.ts'
import { CliError, isReason, ManyErrors, UsageError } from '../errors.ts'
import { fetchList, pathOf } from '../fetch.ts'
import { followUntil } from '../follow.ts'
import { valueAt } from '../objects.ts'
import { choiceOption, durationOption, integerOption, type Options } from '../options.ts'
import { renderReference, renderType } from '../resources.ts'
import { hasSelector, selectorQuery, selectTargets } from '../selection.ts'
import { type ObjectTarget, type Target, targetOfObject } from '../targets.ts'
import { DRY_RUN_WORDS, type DryRun } from '../writing.ts'

const CASCADE_WORDS = ['background', 'foreground', 'orphan', 'true', 'false'] as const

const PROPAGATION = {
  background: 'Background',
  true: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
  false: 'Orphan',
} as const

interface DeleteRequest {
  readonly context: CliContext
  readonly connection: Connection
  readonly options: Options
  readonly dryRun: DryRun
}

/** `capstan delete`: asks for all deletions, then waits until the objects are gone (a task may have to stop first). */
export async function deleteCommand(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const connection = await context.connect(options)
  const dryRun = choiceOption(options, 'dry-run', DRY_RUN_WORDS) ?? 'none'
  const request = { context, connection, options, dryRun }
  const selected = await selectTargets(context, connection, words, options)
  const { targets, ignoreMissing } = await expand(request, selected)
  const errors: unknown[] = []
  const deleted: { readonly target: ObjectTarget; readonly uid: string | undefined }[] = []
  for (const target of targets) {
    try {
      deleted.push({ target, uid: await deleteOne(request, target) })
    } catch (error) {
      if (!(ignoreMissing && isReason(error, 'NotFound'))) errors.push(error)
    }
  }
  const waits = dryRun === 'none' && !options.off('wait')
  if (waits) for (const { target, uid } of deleted) await waitUntilGone(request, target, uid)
  if (errors.length > 0) throw new ManyErrors(errors)
  if (targets.length === 0) context.stdout.write('No resources found\n')
  return 0
}

/** What refers to others goes before what it refers to, so manifests are taken from the end. */
async function expand(
  { connection, options }: DeleteRequest,
  selected: readonly Target[],
): Promise<{ readonly targets: readonly ObjectTarget[]; readonly ignoreMissing: boolean }> {
  const isFromFiles = options.given('filename') || options.given('kustomize')
  const ordered = isFromFiles ? selected.toReversed() : selected
  const targets: ObjectTarget[] = []
  let ignoreMissing = options.flag('ignore-not-found')
  for (const target of ordered) {
    if (target.type === 'Object') {
      targets.push(target)
      continue
    }
    const { resource } = target
    if (!hasSelector(options) && !options.flag('all')) {
      throw new UsageError(
        'resource(s) were provided, but no name was specified: name them, or use -l or --all',
      )
    }
    ignoreMissing ||= !options.off('ignore-not-found')
    const query = selectorQuery(options)
    const { items } = await fetchList(connection.client, resource, target.namespace, query)
    targets.push(...items.map((item) => targetOfObject(resource, item)))
  }
  return { targets, ignoreMissing }
}

/** Returns the uid of what is going, so that a namesake that comes after it is not waited for. */
async function deleteOne(
  request: DeleteRequest,
  target: ObjectTarget,
): Promise<string | undefined> {
  const { options, dryRun } = request
  const answer = dryRun === 'client' ? undefined : await sendDelete(request, target)
  const { resource, name, namespace } = target
  const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun]
  const place = namespace === undefined ? '' : ` from ${namespace} namespace`
  const line =
    options.text('output') === 'name'
      ? renderReference(resource, name)
      : `${renderType(resource)} "${name}" deleted${place}${suffix}`
  request.context.stdout.write(`${line}\n`)
  const uid = valueAt(answer, 'details', 'uid') ?? valueAt(answer, 'metadata', 'uid')
  return typeof uid === 'string' ? uid : undefined
}

function sendDelete(request: DeleteRequest, target: ObjectTarget): Promise<unknown> {
  const { connection, options, dryRun } = request
  const cascade = choiceOption(options, 'cascade', CASCADE_WORDS) ?? 'background'
  const grace = integerOption(options, 'grace-period', -1)
  const graceSeconds = options.flag('now') ? 1 : grace
  return connection.client.json({
    method: 'DELETE',
    path: pathOf(target),
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: PROPAGATION[cascade],
      ...(graceSeconds === undefined || graceSeconds < 0
        ? {}
        : { gracePeriodSeconds: graceSeconds }),
      ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
    },
  })
}

async function waitUntilGone(
  { context, connection, options }: DeleteRequest,
  target: ObjectTarget,
  uid: string | undefined,
): Promise<void> {
  const timeoutMs = durationOption(options, 'timeout')
  const isGone = await followUntil(
    { client: connection.client, clock: context.clock },
    target,
    (object) => !object || (uid !== undefined && object.metadata.uid !== uid) || undefined,
    timeoutMs === 0 ? undefined : timeoutMs,
  )
  if (!isGone) {
    throw new CliError(
      `timed out waiting for the condition on ${target.resource.plural}/${target.name}`,
    )
  }
}
