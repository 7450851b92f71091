import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import {
  aPool,
  aPoolHeader,
  type Check,
  type NodeSession,
  objectsApi,
  POOLS_PATH,
  type Pool,
} from './node-checks.ts'

/** Longest wait for something that is told by a stream. */
const PATIENCE_MS = 60_000

/** Asks again until the check is true. */
async function until(what: string, check: () => boolean): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!check()) {
    if (performance.now() > endMs) throw new Error(`${what} did not come`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

interface Told {
  readonly events: string[]
  readonly errors: unknown[]
}

async function openWatch(
  { library, config }: NodeSession,
  query: Record<string, string | boolean>,
): Promise<Told & { stop(): void }> {
  const told: Told = { events: [], errors: [] }
  const watch = await new library.Watch(config).watch(
    POOLS_PATH,
    query,
    (phase: string, object: Pool) => {
      told.events.push(`${phase} ${object.metadata?.name ?? (object as { code?: number }).code}`)
    },
    (error: unknown) => told.errors.push(error),
  )
  return { ...told, stop: () => watch.abort() }
}

/** A list whose version nothing is known about any more, as after a long break. */
const FORGOTTEN = '1'

async function informerThrough410(session: NodeSession): Promise<void> {
  const { library, config } = session
  let lists = 0
  const list = async () => {
    const found = await objectsApi(session).list<Pool>('capstan.dev/v1', 'WorkPool', 'default')
    lists += 1
    if (lists === 1 && found.metadata) found.metadata.resourceVersion = FORGOTTEN
    return found
  }
  const informer = library.makeInformer<Pool>(config, POOLS_PATH, list)
  const added: (string | undefined)[] = []
  informer.on('add', ({ metadata }) => added.push(metadata?.name))
  const restart = (): void => void informer.start()
  informer.on('error', restart)
  await informer.start()
  await until('a second list', () => lists >= 2)
  await objectsApi(session).create(aPool('after-410'))
  await until('what came afterwards', () => added.includes('after-410'))
  // A stop is told as an error, too: what starts again at errors would never end.
  informer.off('error', restart)
  await informer.stop()
}

/** Whatever lasts: watches, informers, logs. */
export const NODE_STREAMS: Readonly<Record<string, Check>> = {
  'watch: what is there, comes, changes and goes': async (session) => {
    await objectsApi(session).create(aPool('watched', {}, { watch: 'me' }))
    const watch = await openWatch(session, { labelSelector: 'watch=me', allowWatchBookmarks: true })
    await until('the first', () => watch.events.length === 1)
    const found = await objectsApi(session).read<Pool>(aPoolHeader('watched'))
    await objectsApi(session).replace({ ...found, spec: { suspend: true } })
    await objectsApi(session).delete(aPoolHeader('watched'))
    await until('the last', () => watch.events.length === 3)
    watch.stop()
    assert.deepEqual(watch.events, ['ADDED watched', 'MODIFIED watched', 'DELETED watched'])
  },
  'watch: a forgotten version is 410 in the stream': async (session) => {
    const watch = await openWatch(session, { resourceVersion: FORGOTTEN })
    await until('the end', () => watch.errors.length > 0 || watch.events.length > 0)
    assert.deepEqual(
      watch.events.filter((event) => event !== 'ERROR 410'),
      [],
    )
  },
  'watch: initial events end with a bookmark': async (session) => {
    const watch = await openWatch(session, {
      sendInitialEvents: true,
      allowWatchBookmarks: true,
      resourceVersionMatch: 'NotOlderThan',
    })
    await until('the bookmark', () => watch.events.some((event) => event.startsWith('BOOKMARK')))
    watch.stop()
  },
  'informer: add, update, delete': async (session) => {
    const { library, config } = session
    const list = () => objectsApi(session).list<Pool>('capstan.dev/v1', 'WorkPool', 'default')
    const informer = library.makeInformer<Pool>(config, POOLS_PATH, list)
    const told: string[] = []
    const note = (verb: string) => (object: Pool) => {
      if (object.metadata?.name === 'informed') told.push(verb)
    }
    informer.on('add', note('add'))
    informer.on('update', note('update'))
    informer.on('delete', note('delete'))
    await informer.start()
    const made = await objectsApi(session).create(aPool('informed'))
    await objectsApi(session).replace({ ...made, spec: { suspend: true } })
    await objectsApi(session).delete(aPoolHeader('informed'))
    await until('the delete', () => told.includes('delete'))
    await informer.stop()
    assert.deepEqual(told, ['add', 'update', 'delete'])
  },
  'informer: through a 410': informerThrough410,
  'logs: all, and followed to the end': async (session) => {
    const { library, config, world } = session
    world.recordRun('logged')
    world.lines.push({ timestampMs: 0, message: 'a line', container: 'main' })
    for (const follow of [false, true]) {
      let text = ''
      const sink = new Writable({
        write(chunk: Buffer, _encoding, done) {
          text += chunk.toString()
          done()
        },
      })
      const ended = new Promise((resolve) => sink.once('finish', resolve))
      await new library.Log(config).log('default', 'logged', 'main', sink, { follow })
      await ended
      assert.equal(text, 'a line\n')
    }
  },
}
