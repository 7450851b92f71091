/** Headers that belong to the connection, or that could make a body look like another request. */
const OWN_HEADERS: readonly string[] = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
]

/** Headers that a manifest may not set. */
export function isOwnHeader(name: string): boolean {
  return OWN_HEADERS.includes(name.toLowerCase())
}
