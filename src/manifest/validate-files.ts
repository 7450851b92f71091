import type { DeploymentSpec, RunSpec, WorkPoolSpec } from '../kinds/generated.ts'
import type { Level } from '../kinds/merge.ts'
import { DEFAULT_WORK_POOL, type Kind } from '../kinds/meta.ts'
import type { PathStep } from '../kinds/placeholder.ts'
import {
  type ResolvedRun,
  type ResolveInput,
  type ResolveProblem,
  resolveRun,
} from '../kinds/resolve.ts'
import { type LoadedObject, loadManifest, toProblem } from './load.ts'
import { type ManifestProblem, PROBLEM_CODES, type ProblemCode } from './problem.ts'
import type { Validator } from './validator.ts'

export interface TextFile {
  readonly file: string
  readonly text: string | Uint8Array
}

export interface ValidateOptions {
  readonly defaultNamespace: string
  readonly validator: Validator
}

export interface ValidateResult {
  readonly objects: readonly LoadedObject[]
  /** What must be changed. */
  readonly problems: readonly ManifestProblem[]
  /** What may be as meant: references to objects that are not among the files. */
  readonly notes: readonly ManifestProblem[]
  /** Every Run, and every Deployment as it would be started, that could be resolved within the set. */
  readonly runs: readonly ResolvedObject[]
}

/** What a Run comes to, or a Deployment that is started: by each of its schedules, or as it stands. */
export interface ResolvedObject {
  readonly object: LoadedObject
  readonly pool: LoadedObject | undefined
  readonly deployment: LoadedObject | undefined
  readonly resolved: ResolvedRun
  /** A further problem, in the manifest that gave the value. */
  readonly place: (problem: ResolveProblem) => ManifestProblem
}

/** Stands for the uid, which only a controller gives. */
const UNKNOWN_UID = '00000000-0000-0000-0000-000000000000'

/**
 * Checks a set of files without a controller: each object by itself, then what they say about each
 * other, with every run resolved as far as its pool and deployment are in the set.
 */
export function validateFiles(
  files: readonly TextFile[],
  { defaultNamespace, validator }: ValidateOptions,
): ValidateResult {
  const loaded = files.map(({ file, text }) =>
    loadManifest({ file, text, defaultNamespace, validator }),
  )
  const problems = loaded.flatMap((result) => result.problems)
  const set = indexObjects(loaded.flatMap((result) => result.objects))
  const objects = [...set.byKey.values()]
  const notes = objects.flatMap((object) => unknownReferences(set, object))
  const outcomes = objects.flatMap((object) => resolveObject(set, object, validator))
  const unresolved = distinct(outcomes.flatMap((outcome) => (outcome.ok ? [] : outcome.problems)))
  return {
    objects,
    problems: [...problems, ...set.duplicates, ...unresolved],
    notes,
    runs: outcomes.flatMap((outcome) => (outcome.ok ? [outcome.run] : [])),
  }
}

interface ObjectSet {
  readonly byKey: ReadonlyMap<string, LoadedObject>
  readonly duplicates: readonly ManifestProblem[]
}

function keyText(kind: Kind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`
}

function indexObjects(objects: readonly LoadedObject[]): ObjectSet {
  const byKey = new Map<string, LoadedObject>()
  const duplicates: ManifestProblem[] = []
  for (const object of objects) {
    const { kind, metadata, file, locate } = object
    const key = keyText(kind, metadata.namespace, metadata.name)
    const first = byKey.get(key)
    if (first) {
      const message = `${kind} '${metadata.name}' is in ${first.file} too`
      const path = ['metadata', 'name']
      duplicates.push(toProblem(file, { code: 'Duplicate', path, message }, locate))
    } else {
      byKey.set(key, object)
    }
  }
  return { byKey, duplicates }
}

function find(
  set: ObjectSet,
  from: LoadedObject,
  kind: Kind,
  name: string,
): LoadedObject | undefined {
  return set.byKey.get(keyText(kind, from.metadata.namespace, name))
}

interface Reference {
  readonly kind: Kind
  readonly name: string
  readonly path: readonly PathStep[]
}

/** The default pool exists without being written. */
function unknownReferences(set: ObjectSet, object: LoadedObject): readonly ManifestProblem[] {
  return referencesOf(object)
    .filter(({ kind, name }) => !(kind === 'WorkPool' && name === DEFAULT_WORK_POOL))
    .filter(({ kind, name }) => !find(set, object, kind, name))
    .map(({ kind, name, path }) => {
      const message = `${kind} '${name}' is not among these files`
      return toProblem(object.file, { code: 'UnknownReference', path, message }, object.locate)
    })
}

function referencesOf({ kind, spec }: LoadedObject): readonly Reference[] {
  if (kind !== 'Run' && kind !== 'Deployment') return []
  const { workPool, deployment, dependsOn = [] } = spec as RunSpec
  const references: Reference[] = dependsOn.map((dependency, index) => ({
    kind: dependency.kind ?? 'Run',
    name: dependency.name,
    path: ['spec', 'dependsOn', index, 'name'],
  }))
  if (workPool !== undefined) {
    references.push({ kind: 'WorkPool', name: workPool, path: ['spec', 'workPool'] })
  }
  if (deployment !== undefined) {
    references.push({ kind: 'Deployment', name: deployment, path: ['spec', 'deployment'] })
  }
  return references
}

interface Sources {
  readonly run: LoadedObject
  readonly pool: LoadedObject | undefined
  readonly deployment: LoadedObject | undefined
}

type Outcome =
  | { readonly ok: true; readonly run: ResolvedObject }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] }

/** A Run is resolved as it stands, a Deployment as it would be started. */
function resolveObject(
  set: ObjectSet,
  object: LoadedObject,
  validator: Validator,
): readonly Outcome[] {
  const sources = sourcesOf(set, object)
  if (!sources) return []
  const place = (problem: ResolveProblem): ManifestProblem => placeProblem(sources, problem)
  return runsOf(object).map((run) => {
    const result = resolveRun(toInput(sources, run.spec), validator)
    if (!result.ok) {
      const own = result.problems.filter(({ level }) => run.isWritten || level !== 'Run')
      return { ok: false, problems: own.map(place) }
    }
    const { pool, deployment } = sources
    return { ok: true, run: { object, pool, deployment, resolved: result.resolved, place } }
  })
}

/** Undefined where something that the run takes from is not in the set. */
function sourcesOf(set: ObjectSet, object: LoadedObject): Sources | undefined {
  if (object.kind !== 'Run' && object.kind !== 'Deployment') return undefined
  const named = (object.spec as RunSpec).deployment
  const taken = named === undefined ? undefined : find(set, object, 'Deployment', named)
  if (named !== undefined && !taken) return undefined
  const deployment = object.kind === 'Deployment' ? object : taken
  const poolName =
    ((deployment ?? object).spec as RunSpec | DeploymentSpec).workPool ?? DEFAULT_WORK_POOL
  const pool = find(set, object, 'WorkPool', poolName)
  return pool || poolName === DEFAULT_WORK_POOL ? { run: object, pool, deployment } : undefined
}

interface StartedRun {
  readonly spec: RunSpec
  /** False for one that stands for runs which may give what is missing. */
  readonly isWritten: boolean
}

function runsOf({ kind, spec }: LoadedObject): readonly StartedRun[] {
  if (kind === 'Run') return [{ spec: spec as RunSpec, isWritten: true }]
  const { schedules = [] } = spec as DeploymentSpec
  const scheduled = schedules
    .filter(({ active }) => active !== false)
    .map(({ parameters = {}, variables = {} }) => {
      return { spec: { parameters, variables }, isWritten: true }
    })
  return scheduled.length > 0 ? scheduled : [{ spec: {}, isWritten: false }]
}

function toInput({ run, pool, deployment }: Sources, spec: RunSpec): ResolveInput {
  const { name, namespace } = run.metadata
  return {
    run: { metadata: { name, namespace, uid: UNKNOWN_UID }, spec },
    pool: {
      name: pool?.metadata.name ?? DEFAULT_WORK_POOL,
      spec: (pool?.spec ?? {}) as WorkPoolSpec,
    },
    ...(deployment && {
      deployment: { name: deployment.metadata.name, spec: deployment.spec as DeploymentSpec },
    }),
    attempt: 1,
  }
}

/** In the manifest that gave the value; a value that nobody gave is missing in the run's own. */
function placeProblem(sources: Sources, problem: ResolveProblem): ManifestProblem {
  const owner = ownerOf(sources, problem.level)
  const { code, path, message } = problem
  const issue = { code: toProblemCode(code), path: ['spec', ...path], message }
  return toProblem(owner.file, issue, owner.locate)
}

function ownerOf({ run, pool, deployment }: Sources, level: Level): LoadedObject {
  if (level === 'WorkPool') return pool ?? run
  return level === 'Deployment' ? (deployment ?? run) : run
}

function toProblemCode(code: string): ProblemCode {
  if (code === 'UndeclaredName' || code === 'NoSuchMember') return 'InvalidPlaceholder'
  if (code === 'UndeclaredVariable') return 'InvalidVariable'
  return PROBLEM_CODES.find((known) => known === code) ?? 'InvalidTemplate'
}

/** A fault in a pool shows in each of its runs; once is enough. */
function distinct(problems: readonly ManifestProblem[]): readonly ManifestProblem[] {
  const byText = new Map(problems.map((problem) => [JSON.stringify(problem), problem]))
  return [...byText.values()]
}
