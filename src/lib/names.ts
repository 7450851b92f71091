import { createHash, hash } from 'node:crypto'

/** Lower-case hex SHA-256 of text or bytes. */
export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content)
}

/** Namespace of Capstan's name-based UUIDs; fixed for ever, because tokens derive from it. */
const UUID_NAMESPACE = Buffer.from('6ba7b8149dad11d180b400c04fd430c8', 'hex')

/** Version 5 UUID of the given parts: equal parts give the equal UUID on every machine. */
export function uuidV5(...parts: readonly string[]): string {
  const digest = createHash('sha1')
    .update(UUID_NAMESPACE)
    .update(parts.map((part) => `${part.length}:${part}`).join('|'))
    .digest()
    .subarray(0, 16)
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  const hex = digest.toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

/** Cuts `text` to `limit` characters; what was cut is replaced by a short hash of the whole, so that different texts stay different. */
export function limitedName(text: string, limit: number): string {
  if (text.length <= limit) return text
  const hash = sha256(text).slice(0, 8)
  return `${text.slice(0, limit - hash.length - 1).replace(/[-_.]+$/, '')}-${hash}`
}
