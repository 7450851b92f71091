import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { createPinoLog, type PinoLogOptions } from './pino-log.ts'

function setUp(options: Partial<PinoLogOptions> = {}) {
  const lines: string[] = []
  const log = createPinoLog({
    format: 'json',
    level: 'info',
    clock: new FakeClock(Date.UTC(2026, 0, 1, 12, 30, 5, 7)),
    write: (line) => lines.push(line),
    ...options,
  })
  return { log, lines }
}

describe('json', () => {
  test("is one object per line, with the clock's time and no secrets", () => {
    const { log, lines } = setUp()
    log
      .with({ controller: 'Run' })
      .info('launched', { key: 'Run/default/a', env: { A: 'hunter2' } })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.endsWith('\n')).toBe(true)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: '2026-01-01T12:30:05.007Z',
      controller: 'Run',
      key: 'Run/default/a',
      env: '[redacted]',
      message: 'launched',
    })
  })

  test.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['silent', []],
  ] as const)('at level %s', (level, expected) => {
    const { log, lines } = setUp({ level })
    log.debug('x')
    log.info('x')
    log.warn('x')
    log.error('x')
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(expected)
  })
})

describe('pretty', () => {
  test.each<[string, object, string]>([
    ['plain words', { key: 'Run/default/a', n: 3 }, 'key=Run/default/a n=3'],
    ['texts with spaces', { why: 'not yet' }, 'why="not yet"'],
    ['lists and objects', { list: [1], object: { a: null } }, 'list=[1] object={"a":null}'],
    ['secrets', { token: 'hunter2' }, 'token="[redacted]"'],
    ['texts of many lines below', { why: 'one\n  two', n: 3 }, 'n=3\none\n  two'],
  ])('writes %s', (_, fields, expected) => {
    const { log, lines } = setUp({ format: 'pretty' })
    log.info('launched', { ...fields })
    expect(lines).toEqual([`12:30:05.007 INFO  launched ${expected}\n`])
  })

  test('puts the stack of an error below its message', () => {
    const { log, lines } = setUp({ format: 'pretty' })
    log.error('reconcile failed', { error: new TypeError('no such thing') })
    expect(lines[0]).toMatch(
      /^12:30:05.007 ERROR reconcile failed error="no such thing"\n {4}at .*pino-log\.test/,
    )
  })

  test('colours the level where colours are wanted', () => {
    const { log, lines } = setUp({ format: 'pretty', colour: true })
    log.warn('careful')
    expect(lines).toEqual(['12:30:05.007 \u001b[33mWARN \u001b[0m careful\n'])
  })
})
