import { describe, expect, test } from 'vitest'
import { API_VERSION, type CapstanObject, type Kind, renderKey, WIRE } from '../kinds/meta.ts'
import type { JsonObject } from '../lib/json.ts'
import type { SourceObjectRow } from '../store/types.ts'
import type { DesiredBody, DesiredObject, ReadFile } from './desired.ts'
import type { ObjectFacts } from './object-rules.ts'
import { decideSync, type Plan } from './sync.ts'

const SOURCE = '/srv/manifests'

interface Wanted {
  readonly kind?: Kind
  readonly content?: string
  readonly spec?: JsonObject
  readonly annotations?: Record<string, string>
  readonly onChange?: 'Replace' | 'Reject'
}

/** An object as `file` says it. Its uid tells kind, name and, for Runs, content. */
function desired(name: string, file: string, wanted: Wanted = {}): DesiredObject {
  const { kind = 'Run', content = 'v1', spec = {}, annotations, onChange = 'Replace' } = wanted
  const body: DesiredBody = { spec, ...(annotations && { annotations }) }
  return {
    kind,
    namespace: 'default',
    name,
    uid: kind === 'Run' ? `${name}-${content}` : `${kind}-${name}`,
    contentHash: content,
    file,
    line: 3,
    column: 1,
    onChange,
    body: JSON.stringify(body),
  }
}

function file(path: string, ...objects: readonly DesiredObject[]): ReadFile {
  return { path, stat: 's', hash: 'h', objects, problems: [] }
}

function badFile(path: string): ReadFile {
  const problem = {
    code: 'InvalidYaml',
    file: path,
    line: 1,
    column: 1,
    message: 'broken',
  } as const
  return { path, stat: 's', hash: 'h', objects: [], problems: [problem] }
}

function row(
  name: string,
  path: string,
  different: Partial<SourceObjectRow> = {},
): SourceObjectRow {
  return {
    kind: 'Run',
    namespace: 'default',
    name,
    source: SOURCE,
    path,
    contentHash: 'v1',
    ...different,
  }
}

interface Live {
  readonly uid?: string
  readonly deleting?: boolean
  readonly spec?: JsonObject
  /** Relative; undefined: made through the API. */
  readonly from?: string | undefined
  readonly annotations?: Record<string, string>
}

/** The object that exists, by default as `a.yaml` made it. */
function live(of: DesiredObject, different: Live = {}): CapstanObject {
  const { uid = of.uid, deleting = false, spec = {}, annotations = {} } = different
  const from = 'from' in different ? different.from : 'a.yaml'
  const own = from !== undefined && {
    [WIRE.annotationSource]: `${SOURCE}/${from}`,
    [WIRE.annotationContentHash]: 'v1',
  }
  return {
    apiVersion: API_VERSION,
    kind: of.kind,
    metadata: {
      name: of.name,
      namespace: of.namespace,
      uid,
      resourceVersion: '7',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations: { ...own, ...annotations },
      ...(deleting && { deletionTimestamp: '2026-01-01T00:00:01Z' }),
    },
    spec,
  }
}

interface World {
  readonly files?: readonly ReadFile[]
  readonly gone?: readonly string[]
  readonly owned?: readonly SourceObjectRow[]
  /** Of files that take no part. */
  readonly ownedElsewhere?: readonly SourceObjectRow[]
  readonly live?: readonly CapstanObject[]
  readonly ran?: readonly string[]
  readonly terminating?: boolean
}

function decide(world: World): Plan {
  const owned = world.owned ?? []
  const rows = [...owned, ...(world.ownedElsewhere ?? [])]
  const facts = (object: DesiredObject): ObjectFacts => ({
    owner: rows.find((owner) => renderKey(owner) === renderKey(object)),
    live: world.live?.find(
      ({ kind, metadata }) => kind === object.kind && metadata.name === object.name,
    ),
    hasRun: world.ran?.includes(object.uid) ?? false,
    namespaceTerminating: world.terminating ?? false,
  })
  const gone = new Set(world.gone)
  return decideSync({ source: SOURCE, files: world.files ?? [], gone, owned, facts })
}

/** A plan in words. */
function summary(plan: Plan) {
  return {
    steps: plan.steps.map(({ type, object }) => `${type} ${object.name} ${object.file}`),
    problems: plan.problems.map(({ code, file: path }) => `${code} ${path}`),
    waiting: plan.waiting.map(({ name }) => name),
    orphans: plan.orphans.map(({ name }) => name),
    open: [...plan.open],
  }
}

const NOTHING = { steps: [], problems: [], waiting: [], orphans: [], open: [] }

const run = desired('hello', 'a.yaml')
const changed = desired('hello', 'a.yaml', { content: 'v2' })
const pool = desired('main', 'a.yaml', { kind: 'WorkPool' })
const changedPool = desired('main', 'a.yaml', { kind: 'WorkPool', content: 'v2' })
const poolRow = row('main', 'a.yaml', { kind: 'WorkPool' })

describe('one Run', () => {
  const cases: readonly {
    readonly name: string
    readonly world: World
    readonly expect: Partial<typeof NOTHING> | object
  }[] = [
    {
      name: 'new content is created',
      world: { files: [file('a.yaml', run)] },
      expect: { steps: ['Create hello a.yaml'] },
    },
    {
      name: 'the same content again changes nothing',
      world: {
        files: [file('a.yaml', run)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: {},
    },
    {
      name: 'content that ran and whose object went after its TTL does not come back',
      world: {
        files: [file('a.yaml', run)],
        owned: [row('hello', 'a.yaml')],
        ran: ['hello-v1'],
      },
      expect: {},
    },
    {
      name: 'content that someone deleted before it had a task does not come back',
      world: { files: [file('a.yaml', run)], owned: [row('hello', 'a.yaml')] },
      expect: {},
    },
    {
      name: 'content that ran for an earlier file is owned, not run',
      world: { files: [file('a.yaml', run)], ran: ['hello-v1'] },
      expect: { steps: ['Keep hello a.yaml'] },
    },
    {
      name: 'changed content replaces the run and waits for it to go',
      world: {
        files: [file('a.yaml', changed)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { steps: ['Replace hello a.yaml'], waiting: ['hello'], open: ['a.yaml'] },
    },
    {
      name: 'changed content waits while the old run is being stopped',
      world: {
        files: [file('a.yaml', changed)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run, { deleting: true })],
      },
      expect: { waiting: ['hello'], open: ['a.yaml'] },
    },
    {
      name: 'changed content starts when the old run is gone',
      world: { files: [file('a.yaml', changed)], owned: [row('hello', 'a.yaml')] },
      expect: { steps: ['Create hello a.yaml'] },
    },
    {
      name: 'a revert to content that ran stops what replaced it and runs nothing',
      world: {
        files: [file('a.yaml', run)],
        owned: [row('hello', 'a.yaml', { contentHash: 'v2' })],
        live: [live(changed)],
        ran: ['hello-v1'],
      },
      expect: { steps: ['Replace hello a.yaml'], waiting: ['hello'], open: ['a.yaml'] },
    },
    {
      name: 'a revert before the old run is gone starts nothing',
      world: {
        files: [file('a.yaml', run)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run, { deleting: true })],
      },
      expect: {},
    },
    {
      name: 'on-change Reject refuses changed content',
      world: {
        files: [file('a.yaml', desired('hello', 'a.yaml', { content: 'v2', onChange: 'Reject' }))],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { problems: ['ChangeRejected a.yaml'], open: ['a.yaml'] },
    },
    {
      name: 'a Run that was made through the API is left alone',
      world: {
        files: [file('a.yaml', run)],
        live: [live(run, { uid: 'other', from: undefined })],
      },
      expect: { problems: ['NameTaken a.yaml'], open: ['a.yaml'] },
    },
    {
      name: 'a Run that the folder let go (prune: false) is taken up again',
      world: { files: [file('a.yaml', run)], live: [live(run)] },
      expect: { steps: ['Keep hello a.yaml'] },
    },
    {
      name: 'cancel in the file steers the run',
      world: {
        files: [file('a.yaml', desired('hello', 'a.yaml', { spec: { cancel: true } }))],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { steps: ['Steer hello a.yaml'] },
    },
    {
      name: 'suspend that the file no longer says is taken back',
      world: {
        files: [file('a.yaml', run)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run, { spec: { suspend: true } })],
      },
      expect: { steps: ['Steer hello a.yaml'] },
    },
    {
      name: 'a cancel through the API is never taken back',
      world: {
        files: [file('a.yaml', desired('hello', 'a.yaml', { spec: { cancel: false } }))],
        owned: [row('hello', 'a.yaml')],
        live: [live(run, { spec: { cancel: true } })],
      },
      expect: {},
    },
    {
      name: 'a renamed file keeps its run',
      world: {
        files: [file('b.yaml', desired('hello', 'b.yaml'))],
        gone: ['a.yaml'],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { steps: ['Steer hello b.yaml'] },
    },
    {
      name: 'nothing is created in a namespace that is being deleted',
      world: { files: [file('a.yaml', run)], terminating: true },
      expect: { problems: ['NamespaceTerminating a.yaml'], open: ['a.yaml'] },
    },
  ]
  test.each(cases)('$name', ({ world, expect: expected }) => {
    expect(summary(decide(world))).toEqual({ ...NOTHING, ...expected })
  })
})

describe('one WorkPool', () => {
  const cases: readonly {
    readonly name: string
    readonly world: World
    readonly expect: object
  }[] = [
    {
      name: 'is created',
      world: { files: [file('a.yaml', pool)] },
      expect: { steps: ['Create main a.yaml'] },
    },
    {
      name: 'comes back after someone deleted it',
      world: { files: [file('a.yaml', pool)], owned: [poolRow] },
      expect: { steps: ['Create main a.yaml'] },
    },
    {
      name: 'waits while it is being deleted',
      world: {
        files: [file('a.yaml', pool)],
        owned: [poolRow],
        live: [live(pool, { deleting: true })],
      },
      expect: { waiting: ['main'], open: ['a.yaml'] },
    },
    {
      name: 'is updated when its content changed',
      world: { files: [file('a.yaml', changedPool)], owned: [poolRow], live: [live(pool)] },
      expect: { steps: ['Update main a.yaml'] },
    },
    {
      name: 'keeps what was edited through the API while the file stays',
      world: {
        files: [file('a.yaml', pool)],
        owned: [poolRow],
        live: [live(pool, { spec: { suspend: true } })],
      },
      expect: {},
    },
    {
      name: 'is what the file says after someone else made it anew',
      world: {
        files: [file('a.yaml', pool)],
        owned: [poolRow],
        live: [live(pool, { uid: 'made-itself', from: undefined })],
      },
      expect: { steps: ['Update main a.yaml'] },
    },
    {
      name: 'is taken over when it was made through the API',
      world: { files: [file('a.yaml', pool)], live: [live(pool, { uid: 'api', from: undefined })] },
      expect: { steps: ['Update main a.yaml'] },
    },
    {
      name: 'gets an annotation without its spec being touched',
      world: {
        files: [
          file(
            'a.yaml',
            desired('main', 'a.yaml', {
              kind: 'WorkPool',
              annotations: { [WIRE.annotationPrune]: 'false' },
            }),
          ),
        ],
        owned: [poolRow],
        live: [live(pool)],
      },
      expect: { steps: ['Steer main a.yaml'] },
    },
    {
      name: 'loses a directive that the file took back',
      world: {
        files: [file('a.yaml', pool)],
        owned: [poolRow],
        live: [live(pool, { annotations: { [WIRE.annotationPrune]: 'false' } })],
      },
      expect: { steps: ['Steer main a.yaml'] },
    },
    {
      name: 'keeps annotations of others',
      world: {
        files: [file('a.yaml', pool)],
        owned: [poolRow],
        live: [live(pool, { annotations: { 'example.com/team': 'blue' } })],
      },
      expect: {},
    },
  ]
  test.each(cases)('$name', ({ world, expect: expected }) => {
    expect(summary(decide(world))).toEqual({ ...NOTHING, ...expected })
  })
})

describe('several files', () => {
  const inB = desired('hello', 'b.yaml', { content: 'v2' })
  const cases: readonly {
    readonly name: string
    readonly world: World
    readonly expect: object
  }[] = [
    {
      name: 'the first by path speaks for a new object',
      world: { files: [file('a.yaml', run), file('b.yaml', inB)] },
      expect: { steps: ['Create hello a.yaml'], problems: ['Claimed b.yaml'], open: ['b.yaml'] },
    },
    {
      name: 'the present owner keeps it, whatever its path',
      world: {
        files: [file('a.yaml', run), file('b.yaml', inB)],
        owned: [row('hello', 'b.yaml', { contentHash: 'v2' })],
        live: [live(inB, { from: 'b.yaml' })],
      },
      expect: { problems: ['Claimed a.yaml'], open: ['a.yaml'] },
    },
    {
      name: 'an owner that was not looked at keeps it',
      world: {
        files: [file('b.yaml', inB)],
        ownedElsewhere: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { problems: ['Claimed b.yaml'], open: ['b.yaml'] },
    },
    {
      name: 'an owner that can no longer be read keeps it',
      world: {
        files: [badFile('a.yaml'), file('b.yaml', inB)],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { problems: ['Claimed b.yaml'], open: ['b.yaml'] },
    },
    {
      name: 'an owner that no longer names it hands it over',
      world: {
        files: [file('a.yaml'), file('b.yaml', desired('hello', 'b.yaml'))],
        owned: [row('hello', 'a.yaml')],
        live: [live(run)],
      },
      expect: { steps: ['Steer hello b.yaml'] },
    },
    {
      name: 'another folder keeps it',
      world: {
        files: [file('a.yaml', run)],
        ownedElsewhere: [row('hello', 'x.yaml', { source: '/srv/other' })],
        live: [live(run, { from: undefined })],
      },
      expect: { problems: ['Claimed a.yaml'], open: ['a.yaml'] },
    },
    {
      name: 'a bad file keeps its last good objects',
      world: { files: [badFile('a.yaml')], owned: [row('hello', 'a.yaml')], live: [live(run)] },
      expect: {},
    },
    {
      name: 'objects of a file that is gone, and those that a file dropped, are orphans',
      world: {
        files: [file('b.yaml', desired('kept', 'b.yaml'))],
        gone: ['a.yaml'],
        owned: [row('hello', 'a.yaml'), row('kept', 'b.yaml'), row('dropped', 'b.yaml')],
        live: [live(run), live(desired('kept', 'b.yaml'), { from: 'b.yaml' })],
      },
      expect: { orphans: ['hello', 'dropped'] },
    },
    {
      name: 'what others refer to comes first',
      world: {
        files: [
          file('a.yaml', run),
          file('b.yaml', desired('nightly', 'b.yaml', { kind: 'Deployment' })),
          file('c.yaml', desired('main', 'c.yaml', { kind: 'WorkPool' })),
        ],
      },
      expect: {
        steps: ['Create main c.yaml', 'Create nightly b.yaml', 'Create hello a.yaml'],
      },
    },
  ]
  test.each(cases)('$name', ({ world, expect: expected }) => {
    expect(summary(decide(world))).toEqual({ ...NOTHING, ...expected })
  })

  test('a problem names both places and the way out', () => {
    const plan = decide({ files: [file('a.yaml', run), file('b.yaml', inB)] })
    expect(plan.problems).toEqual([
      {
        code: 'Claimed',
        file: 'b.yaml',
        line: 3,
        column: 1,
        message: 'Run/default/hello is already defined in /srv/manifests/a.yaml:3',
        hint: 'remove one of the two, or give one of them another name',
      },
    ])
  })
})
