import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import type { Place, Reporter } from './report.ts'
import { asMap, isEmpty, members, withoutNulls } from './values.ts'

const KNOWN = ['subnets', 'securityGroups', 'assignPublicIp']

/**
 * Prefect's network configuration as Capstan's: the content of awsvpcConfiguration without the wrapper,
 * of which Prefect's own conversion of blocks writes one too many. Where subnets are named and
 * `assignPublicIp` is not, ECS means DISABLED, and so it is written.
 */
export function toNetworkConfiguration(
  value: JsonObject,
  place: Place,
  report: Reporter,
): JsonObject {
  const inner = withoutNulls(unwrap(value))
  for (const [key, item] of members(inner).filter(([name]) => !KNOWN.includes(name))) {
    const reason = 'awsvpcConfiguration has no such member'
    report.lost({ path: [...place.path, key], value: item }, reason, 'Remove it')
  }
  const known = Object.fromEntries(members(inner).filter(([name]) => KNOWN.includes(name)))
  if (isEmpty(known['subnets']) || known['assignPublicIp'] !== undefined) return known
  return { ...known, assignPublicIp: 'DISABLED' }
}

function unwrap(value: JsonObject): JsonObject {
  const wrapped: Json | undefined = value['awsvpcConfiguration']
  return isJsonObject(wrapped) ? unwrap(asMap(wrapped)) : value
}
