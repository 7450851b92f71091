import {
  API_VERSION,
  type CapstanObject,
  type Kind,
  renderKey,
  WIRE,
} from '../../src/kinds/meta.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { DesiredBody, DesiredObject, ReadFile } from '../../src/source/desired.ts'
import type { ObjectFacts } from '../../src/source/object-rules.ts'
import { decideSync, type Plan } from '../../src/source/sync.ts'
import type { SourceObjectRow } from '../../src/store/types.ts'

const SOURCE = '/srv/manifests'

interface Wanted {
  readonly kind?: Kind
  readonly content?: string
  readonly spec?: JsonObject
  readonly annotations?: Record<string, string>
  readonly onChange?: 'Replace' | 'Reject'
}

/** An object as `file` says it. Its uid tells kind, name and, for Runs, content. */
export function desired(name: string, file: string, wanted: Wanted = {}): DesiredObject {
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

export function file(path: string, ...objects: readonly DesiredObject[]): ReadFile {
  return { path, stat: 's', hash: 'h', objects, problems: [] }
}

export function row(
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
export function live(of: DesiredObject, different: Live = {}): CapstanObject {
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

export interface World {
  readonly files?: readonly ReadFile[]
  readonly gone?: readonly string[]
  readonly owned?: readonly SourceObjectRow[]
  /** Of files that take no part. */
  readonly ownedElsewhere?: readonly SourceObjectRow[]
  readonly live?: readonly CapstanObject[]
  readonly ran?: readonly string[]
  readonly terminating?: boolean
  /** Folders that the controller follows no longer. */
  readonly forsaken?: readonly string[]
}

export function decide(world: World): Plan {
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
  const isFollowed = (source: string) => !world.forsaken?.includes(source)
  return decideSync({ source: SOURCE, files: world.files ?? [], gone, owned, facts, isFollowed })
}

/** A plan in words. */
export function summary(plan: Plan) {
  return {
    steps: plan.steps.map(({ type, object }) => `${type} ${object.name} ${object.file}`),
    handovers: plan.handovers.map(
      ({ to: { name, path, contentHash } }) => `${name} ${contentHash} ${path}`,
    ),
    problems: plan.problems.map(({ code, file: path }) => `${code} ${path}`),
    waiting: plan.waiting.map(({ name }) => name),
    orphans: plan.orphans.map(({ name }) => name),
    open: [...plan.open],
  }
}

export const NOTHING = {
  steps: [],
  handovers: [],
  problems: [],
  waiting: [],
  orphans: [],
  open: [],
}

export const run = desired('hello', 'a.yaml')
