import { renderAge } from '../../lib/age.ts'
import { parseIsoTime } from '../../lib/instant.ts'
import type { JsonObject } from '../../lib/json.ts'
import { plainText } from '../json-text.ts'
import { numberAt, textAt, valueAt } from '../objects.ts'
import { ageOf, indent, tableLines, withoutTabs } from './lines.ts'

const HEADER = ['Number', 'Class', 'Exit', 'Launched', 'Ran', 'Task', 'Reason']

/** One row per task of a run, and the last output of the latest one where the controller kept it. */
export function attemptLines(attempts: readonly JsonObject[], nowMs: number): readonly string[] {
  if (attempts.length === 0) return []
  const rows = attempts.map((attempt) => [
    plainText(attempt['number']),
    textAt(attempt, 'class') ?? '-',
    String(numberAt(attempt, 'exitCode') ?? '-'),
    attempt['launchedAt'] === undefined ? '-' : ageOf(attempt['launchedAt'], nowMs),
    runningTime(attempt, nowMs),
    shortTaskId(textAt(attempt, 'taskArn')) ?? '-',
    textAt(attempt, 'stoppedReason') ?? '',
  ])
  return [
    'Attempts:',
    ...tableLines(HEADER, rows, 1),
    ...streamLines(attempts),
    ...lastOutputLines(attempts.at(-1)),
  ]
}

/** Where CloudWatch keeps the output of each attempt. */
function streamLines(attempts: readonly JsonObject[]): readonly string[] {
  const rows = attempts.flatMap((attempt) => {
    const stream = textAt(attempt, 'logStream')
    return stream === undefined ? [] : [[plainText(attempt['number']), stream]]
  })
  return rows.length === 0 ? [] : ['Log Streams:', ...tableLines(['Attempt', 'Stream'], rows, 1)]
}

function runningTime(attempt: JsonObject, nowMs: number): string {
  const startedAtMs = parseIsoTime(textAt(attempt, 'startedAt'))
  if (startedAtMs === undefined) return '-'
  return renderAge((parseIsoTime(textAt(attempt, 'stoppedAt')) ?? nowMs) - startedAtMs)
}

/** The id at the end of a task's ARN. */
export function shortTaskId(taskArn: string | undefined): string | undefined {
  return taskArn?.split('/').at(-1)
}

function lastOutputLines(attempt: JsonObject | undefined): readonly string[] {
  const lines = valueAt(attempt, 'lastLines')
  if (!Array.isArray(lines) || lines.length === 0) return []
  const shown = lines.map((line) => indent(1, withoutTabs(String(line))))
  return [`Last output of attempt ${plainText(attempt?.['number'])}:`, ...shown]
}
