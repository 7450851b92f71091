import { WIRE } from '../../kinds/meta.ts'
import { isJsonObject } from '../../lib/json.ts'
import type { ApiClient } from '../client.ts'
import type { CliContext, Connection } from '../context.ts'
import { CliError, ManyErrors, UsageError } from '../errors.ts'
import { fetchList, fetchObject, pathOf } from '../fetch.ts'
import { type ApiObject, textAt, valueAt } from '../objects.ts'
import { durationOption, integerOption, type Options } from '../options.ts'
import { DEPLOYMENTS, PODS, RUNS } from '../resources.ts'
import { selectByName } from '../selection.ts'
import { type ObjectTarget, targetOfObject } from '../targets.ts'
import { copyTo } from '../terminal.ts'
import { readLines } from '../watch-stream.ts'

/** Streams that are followed at a time, as in kubectl: more is mostly a selector that was meant narrower. */
const DEFAULT_MAX_REQUESTS = 5
/** Lines per run when a selector picked the runs, as in kubectl. */
const SELECTED_TAIL = '10'

/** `capstan logs`: the output of a run's task, as it was or as it comes. */
export async function logs(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const connection = await context.connect(options)
  const runs = await findRuns(context, connection, words, options)
  const query = readQuery(options)
  const outputs = await outputsOf(connection, runs, options)
  const showsPrefix = options.flag('prefix') || (outputs.length > 1 && options.flag('follow'))
  const print = async ({ run, container }: Output): Promise<void> => {
    const path = pathOf(run, 'log')
    const body = await connection.client.stream({
      path,
      query: { ...query, container },
      accept: '*/*',
    })
    if (!showsPrefix) return copyTo(context.stdout, body)
    const name = [run.resource.singular, run.name, container].filter(Boolean).join('/')
    for await (const line of readLines(body)) {
      context.stdout.write(`[${name}] ${line}\n`)
      await context.stdout.drained()
    }
  }
  return printAll(outputs, options, print)
}

interface Output {
  readonly run: ObjectTarget
  /** Undefined: the run's own. */
  readonly container: string | undefined
}

async function outputsOf(
  { client }: Connection,
  runs: readonly ObjectTarget[],
  options: Options,
): Promise<readonly Output[]> {
  const container = options.text('container')
  if (!options.flag('all-containers')) return runs.map((run) => ({ run, container }))
  if (container !== undefined) {
    throw new UsageError('--all-containers=true should not be specified with container name')
  }
  const outputs = runs.map(async (run) => {
    const pod = run.resource === RUNS ? await podOf(client, run) : await fetchObject(client, run)
    return containersOf(pod).map((name) => ({ run, container: name }))
  })
  return (await Promise.all(outputs)).flat()
}

/** Any of its attempts: all of them have the same containers. Undefined before the first one. */
async function podOf(
  client: ApiClient,
  { namespace, name }: ObjectTarget,
): Promise<ApiObject | undefined> {
  const query = { labelSelector: `${WIRE.tagRun}=${name}` }
  return (await fetchList(client, PODS, namespace, query)).items[0]
}

/** The run's own where nothing tells of others. */
function containersOf(pod: ApiObject | undefined): readonly (string | undefined)[] {
  const containers = pod && valueAt(pod, 'spec', 'containers')
  const names = Array.isArray(containers)
    ? containers
        .filter(isJsonObject)
        .flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
    : []
  return names.length > 0 ? names : [undefined]
}

/** One after the other; all at once when they are followed. */
async function printAll(
  outputs: readonly Output[],
  options: Options,
  print: (output: Output) => Promise<void>,
): Promise<number> {
  const errors: unknown[] = []
  const printOne = async (output: Output): Promise<void> => {
    try {
      await print(output)
    } catch (error) {
      if (!options.flag('ignore-errors')) errors.push(error)
    }
  }
  if (!options.flag('follow')) for (const output of outputs) await printOne(output)
  else {
    const most = integerOption(options, 'max-log-requests', 1) ?? DEFAULT_MAX_REQUESTS
    if (outputs.length > most) {
      throw new CliError(
        `you are attempting to follow ${outputs.length} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`,
      )
    }
    await Promise.all(outputs.map(printOne))
  }
  if (errors.length > 0) throw new ManyErrors(errors)
  return 0
}

function readQuery(options: Options): Readonly<Record<string, string | undefined>> {
  const sinceMs = durationOption(options, 'since')
  if (sinceMs !== undefined && options.text('since-time') !== undefined) {
    throw new UsageError('at most one of --since and --since-time may be given')
  }
  const tail = integerOption(options, 'tail', -1)
  const defaultTail = options.text('selector') === undefined ? undefined : SELECTED_TAIL
  return {
    follow: options.flag('follow') ? 'true' : undefined,
    timestamps: options.flag('timestamps') ? 'true' : undefined,
    previous: options.flag('previous') ? 'true' : undefined,
    attempt: integerOption(options, 'attempt', 1)?.toString(),
    tailLines: tail === undefined ? defaultTail : tail < 0 ? undefined : String(tail),
    sinceSeconds:
      sinceMs === undefined ? undefined : String(Math.max(1, Math.ceil(sinceMs / 1000))),
    sinceTime: options.text('since-time'),
    limitBytes: integerOption(options, 'limit-bytes', 1)?.toString(),
  }
}

/** A Run or a Pod by name, the newest run of a Deployment, or all runs that a selector picks. */
async function findRuns(
  context: CliContext,
  connection: Connection,
  words: readonly string[],
  options: Options,
): Promise<readonly ObjectTarget[]> {
  const labelSelector = options.text('selector')
  if (labelSelector !== undefined) {
    if (words.length > 0) throw new UsageError('only a selector (-l) or a name is allowed')
    const { items } = await fetchList(connection.client, RUNS, connection.namespace, {
      labelSelector,
    })
    if (items.length === 0) {
      context.stderr.write(`No resources found in ${connection.namespace} namespace.\n`)
    }
    return items.map((run) => targetOfObject(RUNS, run))
  }
  const targets = selectByName(connection, words, options, RUNS)
  const [target] = targets
  if (!target || targets.length > 1) {
    throw new UsageError('logs are shown of one object: KIND/NAME; of several with -l')
  }
  if (target.type === 'List') throw new UsageError('name one object: KIND/NAME')
  if (target.resource === DEPLOYMENTS) return [await newestRunOf(context, connection, target)]
  if (target.resource !== RUNS && target.resource !== PODS) {
    const named = `${target.resource.singular}/${target.name}`
    throw new UsageError(`${named} has no logs: name a RUN, run/NAME, deployment/NAME or pod/NAME`)
  }
  return [target]
}

async function newestRunOf(
  context: CliContext,
  connection: Connection,
  deployment: ObjectTarget,
): Promise<ObjectTarget> {
  await fetchObject(connection.client, deployment)
  const { items } = await fetchList(connection.client, RUNS, deployment.namespace)
  const runs = items
    .filter((run) => textAt(run, 'spec', 'deployment') === deployment.name)
    .sort((a, b) => createdAt(b).localeCompare(createdAt(a)))
  const [newest] = runs
  if (!newest) throw new CliError(`deployment "${deployment.name}" has no runs yet`)
  if (runs.length > 1) {
    context.stderr.write(`Found ${runs.length} runs, using run/${newest.metadata.name}\n`)
  }
  return targetOfObject(RUNS, newest)
}

function createdAt(object: ApiObject): string {
  return textAt(object, 'metadata', 'creationTimestamp') ?? ''
}
