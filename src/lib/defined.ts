/** `T` with its members that may be undefined made optional instead (exactOptionalPropertyTypes). */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K]
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** A copy without undefined members; false, zero, null and empty text stay. */
export function defined<T extends object>(value: T): Defined<T> {
  const present: Partial<T> = {}
  for (const key of Object.keys(value) as (keyof T)[]) {
    if (value[key] !== undefined) present[key] = value[key]
  }
  return present as unknown as Defined<T>
}
