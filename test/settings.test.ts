import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SCHEMAS } from '../src/kinds/generated.ts'
import { isJsonObject } from '../src/lib/json.ts'

const ROOT = join(import.meta.dirname, '..')
const PAGE = readFileSync(join(ROOT, 'docs/settings.md'), 'utf8')

interface Row {
  readonly setting: string
  readonly cells: readonly string[]
  readonly file: string
  readonly title: string
}

/** Rows of all tables; the last cell names a test as `file` › title. */
const ROWS: readonly Row[] = PAGE.split('\n')
  .filter((line) => /^\| (?!setting |---)/.test(line))
  .filter((line) => !/^\| (the worker checks|Prefect) \|/.test(line))
  .map((line) => {
    const cells = line.slice(2, -2).split(' | ')
    const [, file = '', title = ''] = /^`(.+)` › (.+)$/.exec(cells.at(-1) ?? '') ?? []
    return { setting: cells[0] ?? '', cells, file, title }
  })

/** A title stands in a call of test or describe, or names a row of a table of cases. */
function hasTest(text: string, title: string): boolean {
  const escaped = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const before = '(?:\\btest\\(|\\bdescribe\\(|\\)\\(|name: |\\[\\s*)'
  return new RegExp(`${before}['"\`]${escaped}['"\`]`).test(text)
}

function section(title: string): string {
  const start = PAGE.indexOf(`## ${title}`)
  const end = PAGE.indexOf('\n## ', start + 1)
  return PAGE.slice(start, end < 0 ? undefined : end)
}

test.each(ROWS)('$setting is shown by "$title"', ({ file, title }) => {
  expect(file).toMatch(/\.test\.ts$/)
  expect(existsSync(join(ROOT, file)), file).toBe(true)
  expect(hasTest(readFileSync(join(ROOT, file), 'utf8'), title)).toBe(true)
})

test('a test that does not exist is noticed', () => {
  expect(hasTest("test('one', () => {})", 'one')).toBe(true)
  expect(hasTest("test('one', () => {})", 'two')).toBe(false)
  expect(hasTest("expect(x).toBe('one')", 'one')).toBe(false)
})

/** Every setting of the block, with those that it inherits. */
const BLOCK =
  'type aws_credentials task_definition_arn task_definition family image auto_deregister_task_definition cpu memory execution_role_arn configure_cloudwatch_logs cloudwatch_logs_options stream_output launch_type vpc_id cluster env task_role_arn task_customizations task_start_timeout_seconds task_watch_poll_interval command labels name'
/** Every variable of the worker, and what its template still holds. */
const WORKER =
  'name env labels command task_definition_arn aws_credentials cluster family launch_type capacity_provider_strategy image cpu memory container_name prefect_api_key_secret_arn prefect_api_auth_string_secret_arn task_role_arn execution_role_arn vpc_id configure_cloudwatch_logs cloudwatch_logs_options cloudwatch_logs_prefix network_configuration auto_deregister_task_definition match_latest_revision_in_family stream_output task_start_timeout_seconds task_watch_poll_interval'
/** Every variable of the worker's environment, without the prefix and the words that variables share. */
const ENVIRONMENT =
  'OBSERVER_ENABLED OBSERVER_SQS_QUEUE_NAME OBSERVER_SQS_QUEUE_REGION OBSERVER_FORWARD_CRASHED_RUN_LOGS OBSERVER_FORWARD_CRASHED_RUN_LOGS_MAX_EVENTS WORKER_CREATE_TASK_RUN_MAX_ATTEMPTS WORKER_CREATE_TASK_RUN_MIN_DELAY_SECONDS …_MIN_DELAY_JITTER_SECONDS …_MAX_DELAY_JITTER_SECONDS WORKER_REGISTER_TASK_DEFINITION_MAX_ATTEMPTS WORKER_REGISTER_TASK_DEFINITION_INITIAL_DELAY_SECONDS …_MAX_DELAY_SECONDS'

describe('no setting is forgotten', () => {
  test.each([
    ['The ECSTask block', BLOCK],
    ['The ECS worker', WORKER],
    ['Environment of the worker', ENVIRONMENT],
  ])('%s', (title, settings) => {
    const text = section(title)
    const names = settings.split(' ')
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })

  test('every field that is named exists', () => {
    const { properties } = SCHEMAS.template
    const known = isJsonObject(properties) ? Object.keys(properties) : []
    const named = ROWS.filter(({ cells }) => cells.length === 4).flatMap(({ cells }) =>
      [...(cells[1] ?? '').replaceAll(/WorkPool `[^`]+`/g, '').matchAll(/`(\w+)/g)].map(
        ([, name = '']) => name,
      ),
    )
    expect(named.length).toBeGreaterThan(40)
    const words = ['capstan']
    expect(named.filter((name) => !known.includes(name) && !words.includes(name))).toEqual([])
  })
})
