import type { Json, JsonObject } from '../../lib/json.ts'
import { AwsError } from '../errors.ts'

/** A request of the EC2 Query protocol. */
export interface QueryRequest {
  readonly operation: string
  /** The parameters as the SDKs' models name them, so that operations read them as JSON. */
  readonly input: JsonObject
}

/** Most parameters that a form may have: more than any Describe call with 200 filter values. */
const MAX_PARAMETERS = 5_000

/** Lists on the wire are singular names with numbers; the models name them in the plural. */
const LIST_MEMBERS: Readonly<Record<string, string>> = {
  Filter: 'Filters',
  VpcId: 'VpcIds',
  SubnetId: 'SubnetIds',
  GroupId: 'GroupIds',
  GroupName: 'GroupNames',
}

/** Reads the form `Action=…&Filter.1.Name=…&Filter.1.Value.1=…`. */
export function parseQuery(body: string): QueryRequest {
  const form = new URLSearchParams(body)
  if (form.size > MAX_PARAMETERS) {
    throw new AwsError('InvalidParameterCombination', 'Too many parameters.')
  }
  const input: Record<string, Json> = {}
  for (const [wireName, listName] of Object.entries(LIST_MEMBERS)) {
    const items = numbered(form, wireName)
    if (items.length > 0) input[listName] = items.map((item) => readItem(form, item))
  }
  const token = form.get('NextToken')
  if (token !== null) input['NextToken'] = token
  const size = form.get('MaxResults')
  if (size !== null) input['MaxResults'] = Number(size)
  return { operation: form.get('Action') ?? '', input }
}

/** `Name.1`, `Name.2`, …, as far as the form has them. */
function numbered(form: URLSearchParams, name: string): readonly string[] {
  const numbers = new Set<number>()
  for (const key of form.keys()) {
    const match = key.startsWith(`${name}.`) ? /^(\d+)/.exec(key.slice(name.length + 1)) : null
    if (match) numbers.add(Number(match[1]))
  }
  return [...numbers].toSorted((a, b) => a - b).map((number) => `${name}.${number}`)
}

/** A plain value, or a filter with its name and values. */
function readItem(form: URLSearchParams, key: string): Json {
  const plain = form.get(key)
  if (plain !== null) return plain
  return {
    Name: form.get(`${key}.Name`) ?? '',
    Values: numbered(form, `${key}.Value`).map((value) => form.get(value) ?? ''),
  }
}
