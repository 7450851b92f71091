import type { CliContext, Connection } from '../context.ts'
import { CliError, isReason, ManyErrors, UsageError } from '../errors.ts'
import { fetchList, fetchObject } from '../fetch.ts'
import { followUntil } from '../follow.ts'
import { durationOption, type Options } from '../options.ts'
import { renderReference } from '../resources.ts'
import { selectorQuery, selectTargets } from '../selection.ts'
import { type ObjectTarget, type Target, targetOfObject } from '../targets.ts'
import { isMet, parseWaitCondition, type WaitCondition } from '../wait-condition.ts'

const DEFAULT_TIMEOUT_MS = 30_000

/** `capstan wait`: until each object is as `--for` says; 1 when time runs out. */
export async function wait(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const text = options.text('for')
  if (text === undefined) {
    throw new UsageError('say what to wait for: --for=condition=Complete, --for=delete, …')
  }
  const condition = parseWaitCondition(text)
  const timeoutMs = readTimeoutMs(options)
  const connection = await context.connect(options)
  const targets = await selectTargets(context, connection, words, options)
  const objects = await expand(connection, targets, options)
  if (objects.length === 0) {
    if (condition.type === 'Delete') return 0
    throw new CliError('no matching resources found')
  }
  const errors: unknown[] = []
  for (const target of objects) {
    try {
      await waitFor(context, connection, { target, condition, timeoutMs })
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw new ManyErrors(errors)
  return 0
}

/** A negative time means without end; 0 looks once. */
function readTimeoutMs(options: Options): number | undefined {
  if (options.text('timeout')?.startsWith('-')) return undefined
  return durationOption(options, 'timeout') ?? DEFAULT_TIMEOUT_MS
}

async function expand(
  connection: Connection,
  targets: readonly Target[],
  options: Options,
): Promise<readonly ObjectTarget[]> {
  const expanded: ObjectTarget[] = []
  for (const target of targets) {
    if (target.type === 'Object') {
      expanded.push(target)
      continue
    }
    const { resource, namespace } = target
    if (selectorQuery(options).labelSelector === undefined && !options.flag('all')) {
      throw new UsageError('name the objects, or select them with -l or --all')
    }
    const { items } = await fetchList(
      connection.client,
      resource,
      namespace,
      selectorQuery(options),
    )
    expanded.push(...items.map((item) => targetOfObject(resource, item)))
  }
  return expanded
}

interface WaitRequest {
  readonly target: ObjectTarget
  readonly condition: WaitCondition
  readonly timeoutMs: number | undefined
}

async function waitFor(
  context: CliContext,
  connection: Connection,
  { target, condition, timeoutMs }: WaitRequest,
): Promise<void> {
  const { client } = connection
  if (condition.type !== 'Create') {
    try {
      await fetchObject(client, target)
    } catch (error) {
      // What does not exist is as good as deleted, and cannot come into any other state.
      if (condition.type === 'Delete' && isReason(error, 'NotFound')) return
      throw error
    }
  }
  const isDone = await followUntil(
    { client, clock: context.clock },
    target,
    (object) => isMet(condition, object) || undefined,
    timeoutMs,
  )
  const { resource, name } = target
  if (!isDone) {
    throw new CliError(`timed out waiting for the condition on ${resource.plural}/${name}`)
  }
  const outcome = condition.type === 'Delete' ? 'deleted' : 'condition met'
  context.stdout.write(`${renderReference(resource, name)} ${outcome}\n`)
}
