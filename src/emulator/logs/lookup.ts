import type { CallContext } from '../context.ts'
import { AwsError, invalidParameter } from '../errors.ts'
import type { LogGroup, LogStream } from './log-store.ts'

export function alreadyExists(what: 'group' | 'stream'): AwsError {
  return new AwsError('ResourceAlreadyExistsException', `The specified log ${what} already exists`)
}

export function notFound(what: 'group' | 'stream'): AwsError {
  return new AwsError('ResourceNotFoundException', `The specified log ${what} does not exist.`)
}

/** The group that a request names or identifies by ARN. */
export function findGroup(
  context: CallContext,
  request: { readonly logGroupName?: string; readonly logGroupIdentifier?: string },
): LogGroup {
  const name = request.logGroupName ?? groupOfArn(request.logGroupIdentifier)
  if (!name) throw invalidParameter('logGroupName must not be empty.')
  const group = context.state.logs.groups.get(name)
  if (!group) throw notFound('group')
  return group
}

function groupOfArn(identifier: string | undefined): string | undefined {
  return identifier?.split(':log-group:').at(-1)?.replace(/:\*$/, '')
}

export function findStream(group: LogGroup, name: string | undefined): LogStream {
  if (!name) throw invalidParameter('logStreamName must not be empty.')
  const stream = group.streams.get(name)
  if (!stream) throw notFound('stream')
  return stream
}

export function groupArn(context: CallContext, name: string): string {
  const { region, accountId } = context.config
  return `arn:aws:logs:${region}:${accountId}:log-group:${name}`
}
