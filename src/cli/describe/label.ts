/** Short words that kubectl writes in capitals. */
const ACRONYMS = ['api', 'arn', 'aws', 'cpu', 'id', 'ip', 'uid', 'url', 'vpc']

/** `observedGeneration` → `Observed Generation`, `uid` → `UID`. Anything but a camelCase word stays as it is. */
export function labelOf(field: string): string {
  if (!/^[a-z][A-Za-z0-9]*$/.test(field)) return field
  const words = field.match(/[GM]iB|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [field]
  return words
    .map((word) =>
      ACRONYMS.includes(word.toLowerCase())
        ? word.toUpperCase()
        : word.charAt(0).toUpperCase() + word.slice(1),
    )
    .join(' ')
}
