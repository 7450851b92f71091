import { invariant } from '../lib/assert.ts'
import { errorCode, errorMessage } from '../lib/errors.ts'
import type { FreshFile } from './file-reader.ts'
import { type Files, statKey } from './files.ts'
import { MAX_FILE_BYTES } from './path-rules.ts'
import { looksFinished } from './settle.ts'

/** What is asked about one file. Plain data, so that it can be asked in another thread. */
export interface Question {
  /** Below the walked directory. */
  readonly path: string
  /** Whether a parsed file may be needed; never, where its hash is `known`. */
  readonly parse: boolean
  readonly known?: string
  /** What a parsed file carries as its stat; empty while the file's times cannot be trusted. */
  readonly keptStat: string
}

/** What the bytes of a file say. */
export interface Content<Parsed> {
  /** As statKey renders it, after the last byte was read. */
  readonly stat: string
  readonly hash: string
  readonly looksFinished: boolean
  /** It names objects that others refer to, so it is taken first. */
  readonly isLeading: boolean
  /** Of what was asked for with `parse`. */
  readonly parsed: () => Parsed
}

/** How the bytes of a file are hashed and parsed. */
export interface Rules<Parsed> {
  /** Equal for equal bytes that are read by the same rules. */
  readonly hash: (bytes: Uint8Array) => string
  readonly parse: (file: FreshFile) => Parsed
}

/**
 * Whether bytes name something else than Runs, which then has to be applied before the Runs that refer to it.
 * A guess that needs no parser; where it is wrong, a Run waits for its WorkPool or Deployment a little.
 */
const LEADING_KIND = /\bkind["']?\s*:(?!\s*["']?Run\b)/

/** Reads a file now; the bytes are kept until the content is forgotten. Throws what the file system answers. */
export function readContent<Parsed>(
  { files, hash: hashOf, parse }: Rules<Parsed> & { readonly files: Files },
  directory: string,
  { path, keptStat }: Question,
): Content<Parsed> {
  const { bytes, stat } = files.read(`${directory}/${path}`, MAX_FILE_BYTES)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const hash = hashOf(bytes)
  return {
    stat: statKey(stat),
    hash,
    looksFinished: looksFinished(bytes),
    isLeading: LEADING_KIND.test(text),
    parsed: () => parse({ path, stat: keptStat, hash, bytes }),
  }
}

/** A content as plain data, or what the file system answered. */
export type Answer<Parsed> =
  | (Omit<Content<Parsed>, 'parsed'> & { readonly ok: true; readonly parsed?: Parsed })
  | { readonly ok: false; readonly code: string; readonly message: string }

/** As readContent, as plain data. Throws what is no failure of the file system. */
export function answerQuestion<Parsed>(
  rules: Rules<Parsed> & { readonly files: Files },
  directory: string,
  question: Question,
): Answer<Parsed> {
  try {
    const { parsed, ...content } = readContent(rules, directory, question)
    const isWanted = question.parse && content.hash !== question.known
    return { ok: true, ...content, ...(isWanted && { parsed: parsed() }) }
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return { ok: false, code, message: errorMessage(error) }
  }
}

/** The content that an answer of answerQuestion stands for. Throws as readContent does. */
export function contentOf<Parsed>(answer: Answer<Parsed>): Content<Parsed> {
  if (!answer.ok) throw Object.assign(new Error(answer.message), { code: answer.code })
  const { ok: _, parsed, ...content } = answer
  return {
    ...content,
    parsed: () => {
      invariant(parsed !== undefined, 'what is parsed elsewhere was asked for')
      return parsed
    },
  }
}
