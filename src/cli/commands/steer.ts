import { isFinalState } from '../../kinds/run.ts'
import { isoTime } from '../../lib/instant.ts'
import type { CliContext, Connection } from '../context.ts'
import { CliError, ManyErrors, UsageError } from '../errors.ts'
import { fetchTarget, pathOf } from '../fetch.ts'
import { followUntil } from '../follow.ts'
import { type ApiObject, parseObject, textAt } from '../objects.ts'
import { durationOption, type Options } from '../options.ts'
import { nameOf } from '../output-format.ts'
import { type Resource, RUNS, renderReference, resourceOfKind } from '../resources.ts'
import { hasSelector, selectByName, selectorQuery } from '../selection.ts'
import { steerFolders } from '../steer-folders.ts'
import { type SteeringVerb, stateTypeOf, steer } from '../steering.ts'
import { type ObjectTarget, type Target, targetOfObject } from '../targets.ts'

/** `cancel`, `suspend`, `resume`, `retry`, `approve` and `reconcile`: one small patch per object. */
export async function steerCommand(
  verb: SteeringVerb,
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const connection = await context.connect(options)
  const isAboutFolders = words.length === 0 && !hasSelector(options) && !options.flag('all')
  if (isAboutFolders && (verb === 'approve' || verb === 'reconcile')) {
    return steerFolders(verb, context, connection)
  }
  const targets = selectByName(connection, words, options, RUNS)
  const request = { verb, context, connection, options }
  const errors: unknown[] = []
  let count = 0
  for (const target of targets) {
    for (const object of await findObjects(request, target)) {
      count += 1
      try {
        await steerOne(request, object, target.type === 'List')
      } catch (error) {
        errors.push(error)
      }
    }
  }
  if (count === 0) context.stderr.write('No resources found\n')
  if (errors.length > 0) throw new ManyErrors(errors)
  return 0
}

interface SteerRequest {
  readonly verb: SteeringVerb
  readonly context: CliContext
  readonly connection: Connection
  readonly options: Options
}

async function findObjects(request: SteerRequest, target: Target): Promise<readonly ApiObject[]> {
  const { options, connection } = request
  if (target.type === 'List' && !hasSelector(options) && !options.flag('all')) {
    throw new UsageError('name the objects, or select them with -l, --field-selector or --all')
  }
  return fetchTarget(connection.client, target, selectorQuery(options))
}

/** Of many selected objects those that the verb does not fit are left out; one that was named is an error. */
async function steerOne(
  request: SteerRequest,
  object: ApiObject,
  isSelected: boolean,
): Promise<void> {
  const { context, connection, options } = request
  const stamp = stampOf(context)
  const step = steer(request.verb, object, stamp)
  if (step.type === 'Nothing') {
    context.stdout.write(`${nameOf(object)} ${step.why}\n`)
    return
  }
  if (step.type === 'Refuse') {
    if (isSelected) return
    throw new CliError(`${nameOf(object)} ${step.why}`)
  }
  const target = targetOf(object)
  const answer = parseObject(
    await connection.client.json({
      method: 'PATCH',
      path: pathOf(target),
      query: { fieldManager: 'capstan' },
      contentType: 'application/merge-patch+json',
      body: step.patch,
    }),
  )
  const name = renderReference(target.resource, target.name)
  context.stdout.write(options.text('output') === 'name' ? `${name}\n` : `${name} ${step.done}\n`)
  if (options.flag('wait')) await waitForEnd(request, answer, stamp)
}

/** Time and randomness: two calls within a millisecond still say two things. */
function stampOf({ clock, random }: CliContext): string {
  return `${isoTime(clock.nowMs())}-${random.hex(2)}`
}

function targetOf(object: ApiObject): ObjectTarget {
  const resource: Resource | undefined = resourceOfKind(object.apiVersion, object.kind)
  if (!resource) throw new CliError(`the server sent an unknown kind: ${object.kind}`)
  return targetOfObject(resource, object)
}

/** A run that is to run again still shows its old end until the controller has noted the wish. */
async function waitForEnd(
  { verb, context, connection, options }: SteerRequest,
  object: ApiObject,
  stamp: string,
): Promise<void> {
  const isEnded = (run: ApiObject): boolean =>
    isFinalState(stateTypeOf(run)) &&
    (verb !== 'retry' || textAt(run, 'status', 'rerun', 'text') === stamp)
  const ended = await followUntil(
    { client: connection.client, clock: context.clock },
    targetOf(object),
    (run) => (!run || isEnded(run) ? { run } : undefined),
    durationOption(options, 'timeout'),
  )
  if (!ended) throw new CliError(`timed out waiting for ${nameOf(object)} to end`)
  const state = stateTypeOf(ended.run) ?? 'deleted'
  context.stdout.write(`${nameOf(object)} ${state.toLowerCase()}\n`)
}
