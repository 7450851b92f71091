import { composeManifest, type ParsedManifest } from './compose.ts'
import { decodeManifest } from './decode.ts'
import { readPlain } from './plain.ts'
import { type Position, type ProblemCode, positionIn } from './problem.ts'
import { checkStructure } from './structure.ts'

/**
 * YAML (or JSON) text to plain values. Never throws: whatever is wrong with the text becomes a problem
 * with its place. Documents with problems are left out.
 */
export function parseManifest(file: string, content: string | Uint8Array): ParsedManifest {
  const decoded = decodeManifest(content)
  if (!decoded.ok) {
    const text = typeof content === 'string' ? content : ''
    return refuse(file, decoded.problem, positionIn(text, decoded.problem.offset))
  }
  const { text } = decoded
  const plain = readPlain(text)
  if (plain) return { documents: plain, problems: [] }
  const unsafe = checkStructure(text)
  if (unsafe) return refuse(file, unsafe, positionIn(text, unsafe.offset))
  return composeManifest(file, text)
}

function refuse(
  file: string,
  { code, message }: { readonly code: ProblemCode; readonly message: string },
  position: Position,
): ParsedManifest {
  return { documents: [], problems: [{ code, file, ...position, path: '', message }] }
}
