/** The file of a thread beside the module that starts it (`import.meta.url`): of the same kind, source or built. */
export function threadEntry(moduleUrl: string, name: string): URL {
  return new URL(`./${name}.${moduleUrl.endsWith('.ts') ? 'ts' : 'js'}`, moduleUrl)
}
