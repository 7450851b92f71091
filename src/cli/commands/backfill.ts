import type { DeploymentSpec } from '../../kinds/generated.ts'
import { API_VERSION, WIRE } from '../../kinds/meta.ts'
import { parseIsoTime } from '../../lib/instant.ts'
import { type PlannedRun, planBackfill } from '../backfill.ts'
import type { CliContext, Connection } from '../context.ts'
import { isReason, UsageError } from '../errors.ts'
import { fetchList, fetchObject } from '../fetch.ts'
import { fetchHistory } from '../history.ts'
import { textAt, valueAt } from '../objects.ts'
import type { Options } from '../options.ts'
import { DEPLOYMENTS, RUNS, resourcePath } from '../resources.ts'
import { parseTargets } from '../targets.ts'

/** Ended runs of the deployment that are looked at: what is older than so many is not known to have run. */
const HISTORY_ROWS = 5_000

/** `capstan backfill DEPLOYMENT --from TIME [--to TIME]`: makes the runs of a span of time that has passed. */
export async function backfill(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const connection = await context.connect(options)
  const nowMs = context.clock.nowMs()
  const fromMs = timeOption(options, 'from')
  if (fromMs === undefined) throw new UsageError('--from is needed: --from 2026-01-01')
  const toMs = timeOption(options, 'to') ?? nowMs
  if (toMs > nowMs)
    throw new UsageError('--to lies in the future: the schedules themselves go there')
  if (fromMs > toMs) throw new UsageError('--from lies after --to')
  const runs = await plan(connection, words, { fromMs, toMs, schedule: options.text('schedule') })
  const isDryRun = options.flag('dry-run')
  let made = 0
  for (const { run, isKnown } of runs) {
    const line = isKnown ? 'skipped, it exists or has run' : await create(connection, run, isDryRun)
    if (line.startsWith('created')) made += 1
    context.stdout.write(`run/${run.metadata.name} ${line}\n`)
  }
  const verb = isDryRun ? 'would be created' : 'created'
  context.stderr.write(`${made} of ${runs.length} runs ${verb}.\n`)
  return 0
}

/** An RFC 3339 time, or a date, whose midnight in UTC is meant. */
function timeOption(options: Options, name: string): number | undefined {
  const text = options.text(name)
  if (text === undefined) return undefined
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? parseIsoTime(text) : undefined
  if (ms !== undefined) return ms
  throw new UsageError(
    `invalid argument "${text}" for "--${name}" flag: write 2026-01-31 or 2026-01-31T08:30:00Z`,
  )
}

interface Planned {
  readonly run: PlannedRun
  readonly isKnown: boolean
}

async function plan(
  { client, namespace }: Connection,
  words: readonly string[],
  span: {
    readonly fromMs: number
    readonly toMs: number
    readonly schedule: string | undefined
  },
): Promise<readonly Planned[]> {
  const [target, ...others] = parseTargets(words, { namespace, defaultResource: DEPLOYMENTS })
  if (target?.type !== 'Object' || target.resource !== DEPLOYMENTS || others.length > 0) {
    throw new UsageError('backfill takes one deployment')
  }
  const object = await fetchObject(client, target)
  const { name } = object.metadata
  // The API has checked it against the schema of its kind.
  const { schedules = [] } = (valueAt(object, 'spec') ?? {}) as DeploymentSpec
  const deployment = { name, namespace, uid: object.metadata.uid ?? '' }
  const runs = planBackfill({ ...span, deployment, schedules })
  const labelSelector = `${WIRE.labelDeployment}=${runs[0]?.metadata.labels?.[WIRE.labelDeployment] ?? name}`
  const [present, ended] = await Promise.all([
    fetchList(client, RUNS, namespace, { labelSelector }),
    fetchHistory(client, { namespace, deployment: name, limit: HISTORY_ROWS }),
  ])
  const known = new Set([
    ...present.items.map(({ metadata }) => metadata.name),
    ...ended.map((row) => textAt(row, 'name')),
  ])
  return runs.map((run) => ({ run, isKnown: known.has(run.metadata.name) }))
}

async function create(
  { client, namespace }: Connection,
  run: PlannedRun,
  isDryRun: boolean,
): Promise<string> {
  const body = { apiVersion: API_VERSION, kind: 'Run', ...run }
  const query = {
    fieldManager: 'capstan',
    fieldValidation: 'Strict',
    dryRun: isDryRun ? 'All' : undefined,
  }
  try {
    await client.json({ method: 'POST', path: resourcePath(RUNS, namespace), query, body })
    return isDryRun ? 'created (dry run)' : 'created'
  } catch (error) {
    if (isReason(error, 'AlreadyExists')) return 'skipped, it exists or has run'
    throw error
  }
}
