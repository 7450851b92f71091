/** The entry file of a thread, beside the module that starts it (`import.meta.url`): `.ts` in the source tree, `.js` in the build. */
export function threadEntry(moduleUrl: string, name: string): URL {
  return new URL(`./${name}.${moduleUrl.endsWith('.ts') ? 'ts' : 'js'}`, moduleUrl)
}
