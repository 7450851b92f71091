import type { JsonObject } from '../../lib/json.ts'
import { AwsError } from '../errors.ts'
import { decodeNumber, encodeToken, pageSize } from '../paging.ts'
import { list, struct } from '../shape.ts'

/** `Filters` of a Describe call. */
export const filterList = list(struct({ Name: 'string', Values: list('string') }))

export interface Filter {
  readonly Name?: string
  readonly Values?: readonly string[]
}

/** The values of a resource that filters look at, by filter name; tags come by themselves. */
export interface Filterable {
  readonly fields: Readonly<Record<string, string | readonly string[]>>
  readonly tags: Readonly<Record<string, string>>
}

/** Whether a resource passes all filters; each passes when one of its values fits (`*` and `?` are wild). */
export function passes(filters: readonly Filter[] | undefined, resource: Filterable): boolean {
  return (filters ?? []).every(({ Name: name = '', Values: values = [] }) => {
    const held = fieldOf(name, resource)
    return values.some((value) => held.some((each) => toPattern(value).test(each)))
  })
}

function fieldOf(name: string, { fields, tags }: Filterable): readonly string[] {
  if (name === 'tag-key') return Object.keys(tags)
  if (name.startsWith('tag:')) return [tags[name.slice(4)] ?? []].flat()
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (value === undefined) {
    throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`)
  }
  return [value].flat()
}

function toPattern(value: string): RegExp {
  const escaped = value.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's')
}

const MAX_RESULTS = 1000

export interface DescribePage {
  readonly NextToken?: string
  readonly MaxResults?: number
}

/** One page of the resources that a Describe call found; all of them without MaxResults. */
export function describePage(
  member: string,
  found: readonly JsonObject[],
  { NextToken: token, MaxResults: size }: DescribePage,
): JsonObject {
  const start = decodeNumber(token, 0)
  const end = start + (size === undefined ? found.length : pageSize(size, MAX_RESULTS))
  return {
    [member]: found.slice(start, end),
    ...(end < found.length && { NextToken: encodeToken(end) }),
  }
}

export function renderTags(tags: Readonly<Record<string, string>>): readonly JsonObject[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** Throws the error that EC2 gives for ids it does not know. */
export function checkIds(
  asked: readonly string[] | undefined,
  known: readonly string[],
  error: { readonly code: string; readonly noun: string },
): void {
  const unknown = asked?.find((id) => !known.includes(id))
  if (unknown === undefined) return
  throw new AwsError(error.code, `The ${error.noun} ID '${unknown}' does not exist`)
}
