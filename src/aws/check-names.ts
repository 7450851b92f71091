import type { Container } from './ecs-shapes.ts'

/** Names that CloudWatch Logs takes (API_CreateLogGroup, API_CreateLogStream). */
const LOG_GROUP = /^[A-Za-z0-9._/#-]{1,512}$/
const NOT_IN_STREAMS = /[:*]/
const MAX_STREAM_LENGTH = 512
/** A stream is named prefix/container/task. */
const TASK_ID_LENGTH = 32
const MAX_PORT_NAME_LENGTH = 64

/** Each gives a sentence about the container, or nothing. A name that is refused keeps the task from starting. */
export function logGroupProblem({ logConfiguration }: Container): string | undefined {
  const group = optionOf(logConfiguration, 'awslogs-group')
  if (group === undefined || LOG_GROUP.test(group)) return undefined
  return `log group ${JSON.stringify(group)}: a name has letters, digits and . - _ / #, at most 512`
}

export function streamPrefixProblem({
  name = '',
  logConfiguration,
}: Container): string | undefined {
  const prefix = optionOf(logConfiguration, 'awslogs-stream-prefix')
  if (prefix === undefined) return undefined
  if (NOT_IN_STREAMS.test(prefix)) {
    return `log stream prefix ${JSON.stringify(prefix)}: a stream's name takes neither : nor *`
  }
  const length = prefix.length + 1 + name.length + 1 + TASK_ID_LENGTH
  if (length <= MAX_STREAM_LENGTH) return undefined
  return `its log stream has a name of ${length} characters; CloudWatch Logs takes ${MAX_STREAM_LENGTH}: shorten the prefix`
}

export function portNameProblem({ portMappings = [] }: Container): string | undefined {
  const long = portMappings.find(({ name = '' }) => name.length > MAX_PORT_NAME_LENGTH)?.name
  return (
    long && `port name ${long} has ${long.length} characters; ECS takes ${MAX_PORT_NAME_LENGTH}`
  )
}

function optionOf(
  log: Container['logConfiguration'],
  option: 'awslogs-group' | 'awslogs-stream-prefix',
): string | undefined {
  return log?.logDriver === 'awslogs' ? log.options?.[option] : undefined
}
