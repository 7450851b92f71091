import { type Kind, WIRE } from '../kinds/meta.ts'
import { sha256, uuidV5 } from '../lib/names.ts'
import { type LoadedObject, loadManifest } from '../manifest/load.ts'
import type { Validator } from '../manifest/validator.ts'
import type { DesiredBody, DesiredObject, ReadFile } from './desired.ts'
import { withExcerpts } from './excerpt.ts'
import type { FreshFile } from './file-reader.ts'

/** How bytes become objects. */
export interface Loader {
  /** Names bytes under the present rules: a changed rule makes every file count as changed. */
  readonly hash: (bytes: Uint8Array) => string
  /** True for hashes that these rules gave. */
  readonly isCurrent: (hash: string) => boolean
  readonly load: (file: FreshFile) => ReadFile
}

export interface LoaderOptions {
  readonly validator: Validator
  /** For objects that name no namespace. */
  readonly defaultNamespace: string
  /** Version of the program: another one may find other problems in the same file. */
  readonly version: string
}

/** Enough to tell two sets of rules apart; the hash of the bytes follows. */
const RULES_LENGTH = 8

export function createLoader({ validator, defaultNamespace, version }: LoaderOptions): Loader {
  const rules = `${sha256(`${version}\n${defaultNamespace}`).slice(0, RULES_LENGTH)}-`
  return {
    hash: (bytes) => `${rules}${sha256(bytes)}`,
    isCurrent: (hash) => hash.startsWith(rules),
    load({ path, stat, hash, bytes }) {
      const loaded = loadManifest({ file: path, text: bytes, defaultNamespace, validator })
      const objects = loaded.problems.length > 0 ? [] : loaded.objects.map(toDesired)
      return { path, stat, hash, objects, problems: withExcerpts(loaded.problems, bytes) }
    },
  }
}

function toDesired({
  kind,
  metadata,
  spec,
  contentHash,
  file,
  locate,
}: LoadedObject): DesiredObject {
  const { name, namespace, ...body } = metadata
  const text: DesiredBody = { ...body, spec }
  return {
    kind,
    namespace,
    name,
    uid: folderUid(kind, namespace, name, contentHash),
    contentHash,
    file,
    ...locate(['metadata', 'name']),
    onChange: metadata.annotations?.[WIRE.annotationOnChange] === 'Reject' ? 'Reject' : 'Replace',
    body: JSON.stringify(text),
  }
}

/**
 * The uid of an object from a folder. That of a Run follows from its content too, and from it the tokens of
 * its launches: so a new database derives the same ones, and the same content never runs twice (docs/adr/0003).
 */
export function folderUid(
  kind: Kind,
  namespace: string,
  name: string,
  contentHash: string,
): string {
  return uuidV5(kind, namespace, name, ...(kind === 'Run' ? [contentHash] : []))
}
