/** The value without its undefined members, as exactOptionalPropertyTypes wants optional ones to be. */
export function present<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(entries) as T
}
