/**
 * Where a key stands among those of a map; -1 where it does not. Keys in snake_case are found by their camelCase
 * name too: automations are normalised before they are checked.
 */
export function indexOfKey(keys: readonly string[], name: string): number {
  const exact = keys.indexOf(name)
  return exact >= 0 ? exact : keys.findIndex((key) => camelCase(key) === name)
}

function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
