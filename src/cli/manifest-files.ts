import { API_VERSION, KINDS } from '../kinds/meta.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import type { ParsedDocument } from '../manifest/compose.ts'
import { isKustomizationName, readKustomization } from '../manifest/kustomization.ts'
import { parseManifest } from '../manifest/parse.ts'
import { renderProblem } from '../manifest/problem.ts'
import type { CliContext } from './context.ts'
import { CliError, ProblemReport, UsageError } from './errors.ts'
import { expandPaths, STDIN_PATH } from './manifest-paths.ts'
import type { ApiObject } from './objects.ts'
import type { Options } from './options.ts'
import { readText } from './read-text.ts'
import { type Resource, resourceOfKind, unknownKind } from './resources.ts'

/** One object of a file as its author wrote it. */
export interface ManifestObject {
  /** The file, or `STDIN`. */
  readonly source: string
  /** Where it stands there; undefined for what the command line itself says. */
  readonly origin?: ManifestOrigin
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly object: ApiObject
}

/** The text around an object, with the first and the last line of its document. */
export interface ManifestOrigin {
  readonly text: string
  readonly firstLine: number
  readonly lastLine: number
}

export interface ManifestText {
  readonly source: string
  readonly text: string
}

/** The texts behind the values of `-f`. */
export async function readManifestTexts(
  context: CliContext,
  options: Options,
): Promise<readonly ManifestText[]> {
  const paths = options.texts('filename')
  const kustomization = options.text('kustomize')
  if (kustomization !== undefined) {
    if (paths.length > 0) throw new UsageError('only one of -f and -k can be specified')
    return [
      { source: kustomization, text: await context.programs.buildKustomization(kustomization) },
    ]
  }
  if (paths.length === 0) throw new UsageError('must specify one of -f and -k')
  return readPaths(context, expandPaths(paths, options.flag('recursive')))
}

/** The same for verbs that need no controller: words are paths as well, and folders are taken whole, as `up` does. */
export async function readOfflineTexts(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<readonly ManifestText[]> {
  const named = options.texts('filename')
  if (options.given('kustomize')) return readManifestTexts(context, options)
  const paths = [...words, ...named]
  if (paths.length === 0) throw new UsageError('name files or folders')
  const files = expandPaths(paths, true)
  // A misspelt folder in a pipeline would pass every check.
  if (files.length === 0) {
    throw new CliError(`no file in ${paths.join(', ')} is named *.yaml, *.yml or *.json`)
  }
  return readPaths(context, files)
}

async function readPaths(
  context: CliContext,
  files: readonly string[],
): Promise<readonly ManifestText[]> {
  const texts: ManifestText[] = []
  for (const file of files) {
    if (file === STDIN_PATH) texts.push({ source: 'STDIN', text: await context.readStdin() })
    else texts.push({ source: file, text: readText(file) })
  }
  return texts
}

/**
 * The objects of -f or -k, Lists taken apart, what others refer to first. Throws a
 * ProblemReport when any text cannot be read.
 */
export async function readManifests(
  context: CliContext,
  options: Options,
  defaultNamespace: string,
): Promise<readonly ManifestObject[]> {
  const texts = await readManifestTexts(context, options)
  const objects = texts.flatMap((text) => parseText(text, options, defaultNamespace))
  if (objects.length === 0) {
    const hasKustomization = texts.some(({ source }) => isKustomizationName(source))
    const wayOut = hasKustomization ? ': a kustomization is built with -k' : ''
    throw new CliError(`no objects were found in what -f names${wayOut}`)
  }
  return objects.sort((a, b) => rankOf(a) - rankOf(b))
}

/** For verbs that take nothing but -f and -k: `apply -f *.yaml` names one file and many words. */
export function refuseWords([word]: readonly string[]): void {
  if (word !== undefined) throw new UsageError(`unexpected argument "${word}": write -f ${word}`)
}

/** Namespaces first, then the kinds in the order in which they refer to each other. */
function rankOf({ resource }: ManifestObject): number {
  return KINDS.findIndex((kind) => kind === resource.kind)
}

function parseText(
  { source, text }: ManifestText,
  options: Options,
  defaultNamespace: string,
): ManifestObject[] {
  const { documents, problems } = parseManifest(source, text)
  if (problems.length > 0) {
    const report = problems.map((problem) => renderProblem(problem, text))
    throw new ProblemReport(report.join('\n'))
  }
  return documents.flatMap((document, index) => {
    const next = documents[index + 1]?.locate([]).line ?? Number.POSITIVE_INFINITY
    const origin = { text, firstLine: document.locate([]).line, lastLine: next - 1 }
    return itemsOf(document.value).flatMap((value) => {
      if (isPassedOver(value, source, document)) return []
      const object = toApiObject(value, source, document)
      const resource = resourceOfKind(object.apiVersion, object.kind)
      if (!resource) throw unknownKind(object.apiVersion, object.kind, source)
      const namespace = resource.namespaced
        ? namespaceOf(object, options, defaultNamespace)
        : undefined
      return [{ source, origin, resource, namespace, object }]
    })
  })
}

/** As in a folder that is followed. Throws for a kustomization that would change what is applied. */
function isPassedOver(value: Json, source: string, document: ParsedDocument): boolean {
  const kustomization = readKustomization(source, value)
  const [issue] = kustomization?.issues ?? []
  if (issue) {
    const { line } = document.locate(issue.path, true)
    throw new CliError(`${source}:${line}: ${issue.message}\n  hint: ${issue.hint}`)
  }
  return kustomization !== undefined
}

function itemsOf(value: Json): readonly Json[] {
  const isList = isJsonObject(value) && value['kind'] === 'List' && Array.isArray(value['items'])
  return isList ? (value['items'] as readonly Json[]) : [value]
}

function toApiObject(value: Json, source: string, document: ParsedDocument): ApiObject {
  const { line } = document.locate([])
  const place = `${source}:${line}`
  if (!isJsonObject(value))
    throw new CliError(`${place}: an object with apiVersion and kind is wanted`)
  const { apiVersion, kind, metadata } = value
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new CliError(
      `${place}: apiVersion and kind are missing: write apiVersion: ${API_VERSION}`,
    )
  }
  if (!isJsonObject(metadata) || !hasName(metadata)) {
    throw new CliError(`${place}: metadata.name is missing`)
  }
  return value as ApiObject
}

function hasName(metadata: JsonObject): boolean {
  return typeof metadata['name'] === 'string' || typeof metadata['generateName'] === 'string'
}

/** The object's own; `-n` may only repeat it, so that nothing is written where nobody looks. */
function namespaceOf(object: ApiObject, options: Options, defaultNamespace: string): string {
  const own = object.metadata.namespace
  const wanted = options.text('namespace')
  if (own !== undefined && wanted !== undefined && own !== wanted) {
    throw new CliError(
      `the namespace from the provided object "${own}" does not match the namespace "${wanted}". You must pass '--namespace=${own}' to perform this operation.`,
    )
  }
  return own ?? defaultNamespace
}
