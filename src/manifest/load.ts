import type { MetadataInput } from '../kinds/generated.ts'
import { API_VERSION, isKind, KINDS, type Kind } from '../kinds/meta.ts'
import type { PathStep } from '../kinds/placeholder.ts'
import { defined } from '../lib/defined.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { nearest } from '../lib/nearest.ts'
import type { ParsedDocument } from './compose.ts'
import { contentHash } from './content-hash.ts'
import { readKustomization } from './kustomization.ts'
import { parseManifest } from './parse.ts'
import { type Issue, type ManifestProblem, type Position, renderPath } from './problem.ts'
import type { RewrittenNumber } from './to-json.ts'
import { normalizeObject, type Validator } from './validator.ts'

export interface LoadInput {
  /** For messages. */
  readonly file: string
  /** Text, or the bytes of the file. */
  readonly text: string | Uint8Array
  /** For objects that name no namespace. */
  readonly defaultNamespace: string
  readonly validator: Validator
}

/** What people write under metadata, and Capstan keeps. */
export interface LoadedMetadata {
  readonly name: string
  readonly namespace: string
  readonly generateName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: NonNullable<MetadataInput['ownerReferences']>
}

/** An object that has passed its schema and the rules of its kind. */
export interface LoadedObject {
  readonly kind: Kind
  readonly metadata: LoadedMetadata
  readonly spec: JsonObject
  /** The whole object, as written but for the words of automations. */
  readonly document: JsonObject
  readonly contentHash: string
  readonly file: string
  /**
   * Where a value (with `atKey`: its key) of the object stands; the nearest thing above it where it is
   * not written. Holds the parsed file in memory: not to be kept.
   */
  readonly locate: (path: readonly PathStep[], atKey?: boolean) => Position
}

export interface LoadResult {
  /** In the order of the file; without those that have problems. */
  readonly objects: readonly LoadedObject[]
  readonly problems: readonly ManifestProblem[]
}

/** One object inside a document: the document itself, or an item of a List. */
interface Candidate {
  readonly value: Json
  readonly prefix: readonly PathStep[]
  readonly document: ParsedDocument
}

/** The objects of one file. Never throws; whatever is wrong becomes a problem with its place. */
export function loadManifest(input: LoadInput): LoadResult {
  const { documents, problems: unreadable } = parseManifest(input.file, input.text)
  const objects: LoadedObject[] = []
  const problems: ManifestProblem[] = [...unreadable]
  const seen = new Set<string>()
  for (const candidate of documents.flatMap(candidatesOf)) {
    const checked = checkCandidate(input, candidate)
    const found = checked.ok ? duplicate(seen, checked.object) : checked.issues
    for (const issue of found) problems.push(toProblem(input.file, issue, locateIn(candidate)))
    if (checked.ok && found.length === 0) objects.push(checked.object)
  }
  return { objects, problems: problems.sort(byPlace) }
}

function byPlace(left: Position, right: Position): number {
  return left.line - right.line || left.column - right.column
}

/** An issue of an object with its place in a file. */
export function toProblem(
  file: string,
  { code, path, atKey, message, hint }: Issue,
  locate: LoadedObject['locate'],
): ManifestProblem {
  const place = locate(path, atKey ?? false)
  const fields = { code, file, ...place, path: renderPath(path), message }
  return hint === undefined ? fields : { ...fields, hint }
}

function locateIn({ document, prefix }: Candidate): LoadedObject['locate'] {
  return (path, atKey) => document.locate([...prefix, ...path], atKey)
}

/** Documents of kind List (`kubectl get -o yaml` writes them) stand for their items. */
function candidatesOf(document: ParsedDocument): readonly Candidate[] {
  const { value } = document
  if (!isJsonObject(value) || value['kind'] !== 'List' || !Array.isArray(value['items'])) {
    return [{ value, prefix: [], document }]
  }
  return (value['items'] as readonly Json[]).map((item, index) => ({
    value: item,
    prefix: ['items', index],
    document,
  }))
}

type Checked =
  | { readonly ok: true; readonly object: LoadedObject }
  | { readonly ok: false; readonly issues: readonly Issue[] }

function checkCandidate(input: LoadInput, candidate: Candidate): Checked {
  const { value, document, prefix } = candidate
  const header = checkHeader(value)
  if (!header.ok) return { ...header, ...readKustomization(input.file, value) }
  const { kind, object } = header
  const numbers = numbersInEnv(document.rewrittenNumbers, prefix)
  const issues = [...input.validator.object(kind, object), ...numbers]
  return issues.length > 0
    ? { ok: false, issues }
    : {
        ok: true,
        object: toLoaded(input, kind, normalizeObject(kind, object), locateIn(candidate)),
      }
}

type Header =
  | { readonly ok: true; readonly kind: Kind; readonly object: JsonObject }
  | { readonly ok: false; readonly issues: readonly Issue[] }

function checkHeader(value: Json): Header {
  if (!isJsonObject(value)) {
    const message = 'a manifest is a map with apiVersion, kind, metadata and spec'
    return refuse({ code: 'NotAnObject', path: [], message })
  }
  const { apiVersion, kind } = value
  if (apiVersion === undefined || kind === undefined) {
    const missing = apiVersion === undefined ? 'apiVersion' : 'kind'
    const hint = `a manifest starts with apiVersion: ${API_VERSION} and kind: ${KINDS.join(', ')}`
    return refuse({ code: 'Missing', path: [missing], message: `'${missing}' is missing`, hint })
  }
  if (apiVersion !== API_VERSION) {
    const message = `apiVersion must be ${API_VERSION}`
    return refuse({ code: 'UnknownApiVersion', path: ['apiVersion'], message })
  }
  if (isKind(kind)) return { ok: true, kind, object: value }
  const near = typeof kind === 'string' ? nearest(kind, KINDS) : undefined
  const message = `kind must be one of ${KINDS.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`
  return refuse({ code: 'UnknownKind', path: ['kind'], message })
}

function refuse(issue: Issue): { readonly ok: false; readonly issues: readonly Issue[] } {
  return { ok: false, issues: [issue] }
}

/**
 * Numbers in env are sent as text, and `1.10` would arrive as 1.1, an account id without its leading zero.
 * Nobody means that, so such a number has to be written as text.
 */
function numbersInEnv(
  numbers: readonly RewrittenNumber[],
  prefix: readonly PathStep[],
): readonly Issue[] {
  return numbers
    .filter(({ path }) => prefix.every((step, index) => path[index] === step))
    .map(({ path, source }) => ({ path: path.slice(prefix.length), source }))
    .filter(({ path }) => path.length === 4 && path.slice(0, 3).join('.') === 'spec.template.env')
    .map(({ path }) => ({
      code: 'UnsupportedNumber',
      path,
      message: 'this number would not arrive as it is written',
      hint: 'write it in quotes',
    }))
}

/** Characters of the content hash that complete generateName; as many as make a collision a wonder. */
const GENERATED_SUFFIX_LENGTH = 10

function toLoaded(
  input: LoadInput,
  kind: Kind,
  document: JsonObject,
  locate: LoadedObject['locate'],
): LoadedObject {
  const spec = isJsonObject(document['spec']) ? document['spec'] : {}
  const { name, ...rest } = keptMetadata(document['metadata'] as unknown as MetadataInput)
  const hash = contentHash({ kind, spec, ...rest })
  const metadata: LoadedMetadata = {
    name: name ?? `${rest.generateName ?? ''}${hash.slice(0, GENERATED_SUFFIX_LENGTH)}`,
    namespace: input.defaultNamespace,
    ...rest,
  }
  return { kind, metadata, spec, document, contentHash: hash, file: input.file, locate }
}

/** Without what the controller writes, and without empty members: null is how kubectl prints them. */
function keptMetadata(written: MetadataInput): Partial<LoadedMetadata> {
  const { name, namespace, generateName, labels, annotations, finalizers, ownerReferences } =
    written
  return defined({
    name,
    namespace,
    generateName,
    labels: labels ?? undefined,
    annotations: annotations ?? undefined,
    finalizers: finalizers ?? undefined,
    ownerReferences: ownerReferences ?? undefined,
  })
}

function duplicate(seen: Set<string>, { kind, metadata }: LoadedObject): readonly Issue[] {
  const key = `${kind}/${metadata.namespace}/${metadata.name}`
  if (!seen.has(key)) {
    seen.add(key)
    return []
  }
  const message = `${kind} '${metadata.name}' is there twice in this file`
  return [{ code: 'Duplicate', path: ['metadata', 'name'], message }]
}
