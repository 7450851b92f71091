import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { invalidParameter } from '../errors.ts'
import { readShape, struct } from '../shape.ts'
import { alreadyExists, findGroup } from './lookup.ts'

const shape = struct({ logGroupName: 'string', logStreamName: 'string' })

export function createLogStream(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const group = findGroup(context, request)
  const { logStreamName: name = '' } = request
  if (!/^[^:*\n]{1,512}$/.test(name)) throw invalidParameter(`Invalid log stream name: '${name}'`)
  if (group.streams.has(name)) throw alreadyExists('stream')
  context.state.logs.ensureStream(group, name, context.nowMs)
  return {}
}
