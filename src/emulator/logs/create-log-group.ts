import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { invalidParameter } from '../errors.ts'
import { readShape, struct } from '../shape.ts'
import { alreadyExists } from './lookup.ts'

const shape = struct({ logGroupName: 'string' })

export function createLogGroup(context: CallContext, input: JsonObject): JsonObject {
  const { logGroupName: name = '' } = readShape(shape, input)
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) {
    throw invalidParameter(`Invalid log group name: '${name}'`)
  }
  if (context.state.logs.groups.has(name)) throw alreadyExists('group')
  context.state.logs.createGroup(name, context.nowMs)
  return {}
}
