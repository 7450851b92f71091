import type { Operation } from '../context.ts'
import { createLogGroup } from './create-log-group.ts'
import { createLogStream } from './create-log-stream.ts'
import { deleteLogGroup } from './delete-log-group.ts'
import { describeLogGroups } from './describe-log-groups.ts'
import { describeLogStreams } from './describe-log-streams.ts'
import { filterLogEvents } from './filter-log-events.ts'
import { getLogEvents } from './get-log-events.ts'
import { putLogEvents } from './put-log-events.ts'

export const logsOperations: Readonly<Record<string, Operation>> = {
  CreateLogGroup: createLogGroup,
  CreateLogStream: createLogStream,
  DeleteLogGroup: deleteLogGroup,
  DescribeLogGroups: describeLogGroups,
  DescribeLogStreams: describeLogStreams,
  FilterLogEvents: filterLogEvents,
  GetLogEvents: getLogEvents,
  PutLogEvents: putLogEvents,
}
