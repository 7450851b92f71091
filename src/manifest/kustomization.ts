import { posix } from 'node:path'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import type { Issue } from './problem.ts'

const API_GROUP = 'kustomize.config.k8s.io/'
/** Kustomize finds its file by name, and lets it leave out apiVersion and kind. */
const FILE_NAMES: readonly string[] = ['kustomization.yaml', 'kustomization.yml']

export function isKustomizationName(file: string): boolean {
  return FILE_NAMES.includes(posix.basename(file))
}

/** Fields that change nothing of the files that stand beside a kustomization. */
const WITHOUT_EFFECT: readonly string[] = [
  'apiVersion',
  'kind',
  'metadata',
  'crds',
  'openapi',
  'sortOptions',
]

/** A kustomization, which is no manifest; `issues` is what would be different if it were built. */
export interface Kustomization {
  readonly issues: readonly Issue[]
}

/**
 * What to make of a file that is a kustomization; undefined: it is none. Capstan reads the files of a folder
 * as they are, so one that only lists them is passed over, and one that would change them is a problem.
 */
export function readKustomization(file: string, value: Json): Kustomization | undefined {
  if (!isJsonObject(value) || !isKustomization(file, value)) return undefined
  const fields = Object.keys(value).filter((field) => hasEffect(file, field, value[field]))
  const [first] = fields
  if (first === undefined) return { issues: [] }
  const message = `a kustomization is not built here: the files count as they are, without its ${fields.join(', ')}`
  const hint =
    'keep what kustomize build prints in the folder instead, or apply it with: capstan apply -k FOLDER'
  return { issues: [{ code: 'Kustomization', path: [first], atKey: true, message, hint }] }
}

function isKustomization(file: string, { apiVersion, kind }: JsonObject): boolean {
  if (typeof apiVersion === 'string') return apiVersion.startsWith(API_GROUP)
  return isKustomizationName(file) && (kind === undefined || kind === 'Kustomization')
}

function hasEffect(file: string, field: string, value: Json | undefined): boolean {
  if (WITHOUT_EFFECT.includes(field) || isEmpty(value)) return false
  if (field !== 'resources' || !Array.isArray(value)) return true
  return value.some((entry) => isElsewhere(file, entry))
}

function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** URLs, and files that are not beneath the folder that is read. */
function isElsewhere(file: string, entry: Json): boolean {
  if (typeof entry !== 'string' || entry.includes(':') || entry.includes('?')) return true
  if (posix.isAbsolute(entry)) return true
  return posix.join(posix.dirname(file), entry).startsWith('..')
}
