import type { AccessQuestion } from './authorize.ts'
import type { ResourceInfo, Verb } from './resource.ts'
import { ALL_VERBS } from './resources.ts'

const ANY = '*'

/**
 * Why the API could not do what a question asks about, whoever asks; undefined when it could. `*` as a
 * resource is any that fits, `*` as a verb of one resource is all of them.
 */
export function notServed(
  resources: readonly ResourceInfo[],
  { verb, group, resource, subresource }: AccessQuestion,
): string | undefined {
  if (verb === ANY && resource === ANY) return undefined
  const name = subresource === undefined ? resource : `${resource}/${subresource}`
  const served = resources
    .filter((info) => resource === ANY || info.plural === resource)
    .filter((info) => resource === ANY || group === ANY || info.group === group)
    .map((info) => verbsOf(info, subresource))
    .filter((verbs) => verbs.length > 0)
  if (served.length === 0) return `this API serves no ${name}`
  const wanted: readonly string[] = verb === ANY ? ALL_VERBS : [verb]
  const isServed = served.some((verbs) => wanted.every((one) => verbs.some((its) => its === one)))
  return isServed ? undefined : `of ${name} this API serves ${served.flat().join(', ')} alone`
}

/** Verbs of a resource, or of one of its subresources; none where there is no such subresource. */
export function verbsOf(info: ResourceInfo, subresource: string | undefined): readonly Verb[] {
  if (subresource === undefined) return info.verbs
  return info.subresources.find(({ name }) => name === subresource)?.verbs ?? []
}
