import type { StructureProblem } from './structure.ts'
import { LIMITS } from './structure.ts'

export type Decoded =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: StructureProblem }

// What YAML 1.2 does not allow in a stream: control characters but tab and line ends, lone surrogates.
const FORBIDDEN_CHARACTER = /(?![\t\n\r\u0085])[\p{Cc}\p{Surrogate}\uFFFE\uFFFF]/u

/** Bytes of a file to text: UTF-8 only, a byte order mark at the start is taken off. */
export function decodeManifest(content: string | Uint8Array): Decoded {
  if (content.length > LIMITS.bytes) {
    return refuse('TooLarge', 0, `the file is larger than ${LIMITS.bytes / 1024} kB`)
  }
  const text = typeof content === 'string' ? content.replace(/^\uFEFF/, '') : decodeUtf8(content)
  if (text === undefined) {
    return refuse('InvalidEncoding', 0, 'the file is not UTF-8 text; save it as UTF-8')
  }
  const offset = text.search(FORBIDDEN_CHARACTER)
  if (offset < 0) return { ok: true, text }
  const code = (text.codePointAt(offset) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return refuse('InvalidCharacter', offset, `character U+${code} is not allowed in YAML`)
}

function refuse(code: StructureProblem['code'], offset: number, message: string): Decoded {
  return { ok: false, problem: { code, offset, message } }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
