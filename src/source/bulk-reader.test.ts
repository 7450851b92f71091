import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { recordingLog } from '../../test/world/recording-log.ts'
import { validator } from '../../test/world/validator.ts'
import { type BulkReader, ManifestThread } from './bulk-reader.ts'
import { answerQuestion, type Question } from './contents.ts'
import type { ReadFile } from './desired.ts'
import { systemFiles } from './files.ts'
import { createLoader } from './load.ts'
import { SnapshotReader } from './snapshot.ts'

/** The real thread on real files. */

const RULES = { defaultNamespace: 'default', version: '1' }
const loader = createLoader({ ...RULES, validator })
const here = { files: systemFiles, hash: loader.hash, parse: loader.load }

let base: string
let clock: FakeClock
let thread: ManifestThread

beforeEach(() => {
  base = mkdtempSync(join(realpathSync(tmpdir()), 'capstan-bulk-'))
  // The files were written long before.
  clock = new FakeClock(Date.now() + 3_600_000)
  thread = new ManifestThread({ rules: RULES, clock, log: recordingLog() })
})

afterEach(() => {
  thread.stop()
  rmSync(base, { recursive: true, force: true })
})

const RUN = `apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: hello
spec:
  template: { image: busybox }
`

function ask(path: string, different: Partial<Question> = {}): Question {
  return { path, parse: true, keptStat: 'kept', ...different }
}

test('the thread answers as the event loop would', async () => {
  mkdirSync(join(base, 'deep'))
  writeFileSync(join(base, 'good.yaml'), RUN)
  writeFileSync(join(base, 'deep/pool.yaml'), RUN.replace('kind: Run', 'kind: WorkPool'))
  writeFileSync(join(base, 'broken.yaml'), 'kind: [')
  writeFileSync(join(base, 'empty.yaml'), '')
  const { hash } = createLoader({ ...RULES, validator })
  const questions = [
    ask('good.yaml'),
    ask('good.yaml', { parse: false }),
    ask('good.yaml', { known: hash(Buffer.from(RUN)) }),
    ask('deep/pool.yaml', { keptStat: '' }),
    ask('broken.yaml'),
    ask('empty.yaml'),
    ask('missing.yaml'),
    ask('deep'),
  ]
  const answers = await thread.read(base, questions)
  expect(answers).toEqual(questions.map((question) => answerQuestion(here, base, question)))
  expect(
    answers?.map((answer) => (answer.ok ? answer.parsed?.objects.length : answer.code)),
  ).toEqual([1, undefined, undefined, 1, 0, 0, 'ENOENT', 'EISDIR'])
})

test('questions that overlap are answered in their order', async () => {
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(join(base, `${name}.yaml`), RUN.replace('hello', name))
  }
  const all = await Promise.all(
    ['a', 'b', 'c'].map((name) => thread.read(base, [ask(`${name}.yaml`)])),
  )
  const names = all.map((answers) => {
    const [answer] = answers ?? []
    return answer?.ok === true ? answer.parsed?.objects[0]?.name : undefined
  })
  expect(names).toEqual(['a', 'b', 'c'])
})

test('a thread that ended for lack of questions begins again', async () => {
  writeFileSync(join(base, 'a.yaml'), RUN)
  await thread.read(base, [ask('a.yaml')])
  await clock.advance(60_000)
  expect(await thread.read(base, [ask('a.yaml')])).toHaveLength(1)
})

test('whoever waits when it stops reads by itself', async () => {
  writeFileSync(join(base, 'a.yaml'), RUN)
  const answers = thread.read(base, [ask('a.yaml')])
  thread.stop()
  expect(await answers).toBeUndefined()
})

test('a thread that dies is told of once and not begun again', async () => {
  const log = recordingLog()
  thread = new ManifestThread({ rules: RULES, clock, log })
  // No list of questions: a fault in the thread's own code.
  expect(await thread.read(base, null as never)).toBeUndefined()
  expect(await thread.read(base, [])).toBeUndefined()
  expect(log.lines.map(({ level }) => level)).toEqual(['warn'])
})

/** More than one message's worth, and enough for the thread. */
const MANY = 450

function readerWith(bulk: BulkReader<ReadFile> | undefined): SnapshotReader<ReadFile> {
  return new SnapshotReader(base, {
    ...here,
    bulk,
    clock,
    arrivals: { arrivedWhole: () => false, forget: () => {} },
    known: () => undefined,
    wanted: () => false,
    take: (files) => {
      taken.push(...files)
      largestBatch = Math.max(largestBatch, files.length)
      return Promise.resolve()
    },
  })
}

let taken: ReadFile[] = []
let largestBatch = 0

/** What two looks, a settle time apart, take in. */
async function settled(bulk: BulkReader<ReadFile> | undefined): Promise<readonly ReadFile[]> {
  taken = []
  const reader = readerWith(bulk)
  const first = await reader.full()
  expect(first).toMatchObject({ type: 'Taken', snapshot: { changed: [] } })
  expect(taken).toEqual([])
  await clock.advance(1_000)
  const second = await reader.full()
  return second.type === 'Taken' ? [...taken, ...second.snapshot.changed] : []
}

test.each([
  ['answers', (read: ManifestThread['read']) => read],
  ['never answers', () => () => Promise.resolve(undefined)],
  [
    'answers some',
    (read: ManifestThread['read']): ManifestThread['read'] => {
      let asked = 0
      return (...question) => {
        asked += 1
        return asked % 3 === 0 ? Promise.resolve(undefined) : read(...question)
      }
    },
  ],
])('a large folder is the same folder when the thread %s', async (_, change) => {
  for (let index = 0; index < MANY; index += 1) {
    const text = index % 30 === 0 ? 'kind: [\n' : RUN.replace('hello', `run-${index}`)
    writeFileSync(join(base, `${index}.yaml`), text)
  }
  const expected = await settled(undefined)
  expect(expected).toHaveLength(MANY)
  const read = change((...question) => thread.read(...question))
  expect(await settled({ read })).toEqual(expected)
})

test('Runs of a plain folder are handed over while others are read, not all at once', async () => {
  for (let index = 0; index < MANY; index += 1) {
    writeFileSync(join(base, `${index}.yaml`), RUN.replace('hello', `run-${index}`))
  }
  largestBatch = 0
  await settled(thread)
  expect(taken.length).toBeGreaterThan(0)
  expect(largestBatch).toBeLessThan(MANY)
})
