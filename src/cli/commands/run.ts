import { toSend } from '../applying.ts'
import { requireRunnable } from '../check-run.ts'
import type { CliContext, Connection } from '../context.ts'
import { CliError, isReason, ManyErrors, UsageError } from '../errors.ts'
import { explainRefusal } from '../explain-refusal.ts'
import { fetchObject } from '../fetch.ts'
import { type ManifestObject, readManifests } from '../manifest-files.ts'
import { type ApiObject, parseObject, textAt } from '../objects.ts'
import { type Options, pairsOption } from '../options.ts'
import { nameOf } from '../output-format.ts'
import { DEPLOYMENTS, RUNS, resourcePath } from '../resources.ts'
import { type RunRequest, runOfDeployment, withValues } from '../run-body.ts'
import { exitCodeOfRun } from '../run-exit.ts'
import { followRun } from '../run-follow.ts'
import { parseTargets } from '../targets.ts'

/** `capstan run`: creates Runs and, with --wait or --logs, stays until they have ended. */
export async function run(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const connection = await context.connect(options)
  const runs: ApiObject[] = []
  for (const body of await bodiesOf(context, connection, words, options)) {
    const created = await createRun(connection, body)
    const name = nameOf(created)
    const line = options.text('output') === 'name' ? name : `${name} created`
    // Standard output is the container's with --logs.
    const terminal = options.flag('logs') ? context.stderr : context.stdout
    terminal.write(`${line}\n`)
    runs.push(created)
  }
  if (!options.flag('wait') && !options.flag('logs')) return 0
  const ended = await Promise.all(
    runs.map((created) => followRun({ context, connection, options }, created)),
  )
  return Math.max(0, ...ended.map(exitCodeOfRun))
}

interface RunBody {
  readonly object: ApiObject
  /** Where it comes from, if from a file. */
  readonly manifest?: ManifestObject
}

async function bodiesOf(
  context: CliContext,
  connection: Connection,
  words: readonly string[],
  options: Options,
): Promise<readonly RunBody[]> {
  const request: RunRequest = {
    namespace: connection.namespace,
    name: options.text('name'),
    parameters: pairsOption(options, 'param'),
    variables: pairsOption(options, 'set'),
  }
  if (options.given('filename') || options.given('kustomize')) {
    if (words.length > 0) throw new UsageError('name a deployment or a file, not both')
    const manifests = await readManifests(context, options, connection.namespace)
    return manifests.map((manifest) => bodyOfManifest(manifest, request))
  }
  const scope = { namespace: connection.namespace, defaultResource: DEPLOYMENTS }
  const [target, ...others] = parseTargets(words, scope)
  if (target?.type !== 'Object' || target.resource !== DEPLOYMENTS || others.length > 0) {
    throw new UsageError('run takes one deployment, or -f with Runs')
  }
  const deployment = await fetchObject(connection.client, target)
  if (textAt(deployment, 'metadata', 'deletionTimestamp') !== undefined) {
    throw new CliError(
      `deployment "${deployment.metadata.name}" is being deleted, and its runs with it: nothing is started`,
    )
  }
  const object = runOfDeployment(deployment, request)
  await requireRunnable(connection, deployment, object)
  return [{ object }]
}

function bodyOfManifest(manifest: ManifestObject, request: RunRequest): RunBody {
  if (manifest.resource !== RUNS) {
    const { kind, metadata } = manifest.object
    throw new CliError(
      `${manifest.source} has a ${kind} "${metadata.name}": run takes Runs only; apply it, and then run the deployment by its name`,
    )
  }
  return { object: withValues(toSend(manifest), request), manifest }
}

async function createRun(
  { client }: Connection,
  { object, manifest }: RunBody,
): Promise<ApiObject> {
  const { namespace, name } = object.metadata
  try {
    const path = resourcePath(RUNS, namespace)
    const query = { fieldManager: 'capstan', fieldValidation: 'Strict' }
    return parseObject(await client.json({ method: 'POST', path, query, body: object }))
  } catch (error) {
    if (isReason(error, 'AlreadyExists')) {
      throw new CliError(
        `run "${name}" exists already: run it again with retry ${name}, give this one another --name, or write generateName`,
        { cause: error },
      )
    }
    throw manifest ? new ManyErrors([await explainRefusal(error, 'creating', manifest)]) : error
  }
}
