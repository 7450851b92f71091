import { describe, expect, test } from 'vitest'
import { type Emulated, emulated, type Wire } from '../../../test/world/emulated.ts'
import type { EmulatorConfig } from '../config.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const logGroupName = 'group'

function bench(config: Partial<EmulatorConfig> = {}): Emulated {
  const world = emulated({ config })
  world.logs('CreateLogGroup', { logGroupName })
  world.logs('CreateLogStream', { logGroupName, logStreamName: 's' })
  return world
}

/** Puts lines into a stream, each a millisecond after the one before. */
function put(world: Emulated, messages: readonly string[], logStreamName = 's'): Wire {
  const timestamp = world.clock.nowMs()
  const logEvents = messages.map((message, index) => ({ timestamp: timestamp + index, message }))
  return world.logs('PutLogEvents', { logGroupName, logStreamName, logEvents })
}

function refusalOf(world: Emulated, operation: string, input: object): Wire {
  const reply = world.call('logs', operation, input)
  return reply.type === 'Error' ? reply.error : reply
}

const texts = (answer: Wire): readonly string[] => answer.events.map((event: Wire) => event.message)

describe('GetLogEvents', () => {
  const get = (world: Emulated, rest: object): Wire =>
    world.logs('GetLogEvents', { logGroupName, logStreamName: 's', ...rest })

  test('without a token: the newest page; from the head on demand', () => {
    const world = bench()
    put(world, ['a', 'b', 'c'])
    expect(texts(get(world, { limit: 2 }))).toEqual(['b', 'c'])
    expect(texts(get(world, { limit: 2, startFromHead: true }))).toEqual(['a', 'b'])
  })

  test('back from the newest page to the head', () => {
    const world = bench()
    put(world, ['a', 'b', 'c'])
    const last = get(world, { limit: 2 })
    const before = get(world, { limit: 2, nextToken: last.nextBackwardToken })
    expect(texts(before)).toEqual(['a'])
    const head = get(world, { limit: 2, nextToken: before.nextBackwardToken })
    expect(head).toMatchObject({ events: [], nextBackwardToken: before.nextBackwardToken })
  })

  test('a token stays good while the stream grows', () => {
    const world = bench()
    const empty = get(world, { startFromHead: true })
    expect(empty.events).toEqual([])
    put(world, ['a'])
    const first = get(world, { nextToken: empty.nextForwardToken })
    expect(texts(first)).toEqual(['a'])
    world.clock.advanceSync(10)
    put(world, ['b', 'c'])
    expect(texts(get(world, { nextToken: first.nextForwardToken }))).toEqual(['b', 'c'])
  })

  test('startTime is included, endTime is not', () => {
    const world = bench()
    const startTime = world.clock.nowMs() + 1
    put(world, ['a', 'b', 'c', 'd'])
    expect(texts(get(world, { startTime, endTime: startTime + 2 }))).toEqual(['b', 'c'])
  })

  test('a page ends at 1 MiB of text, and every event comes all the same', () => {
    const world = bench()
    const line = 'x'.repeat(400_000)
    for (let batch = 0; batch < 3; batch++) {
      put(world, [`${batch} 1 ${line}`, `${batch} 2 ${line}`])
      world.clock.advanceSync(10)
    }
    let nextToken: string | undefined
    const found: string[] = []
    for (let page = 0; page < 3; page++) {
      const answer = get(world, { startFromHead: true, nextToken })
      expect(answer.events).toHaveLength(2)
      found.push(...texts(answer).map((text) => text.slice(0, 3)))
      nextToken = answer.nextForwardToken
    }
    expect(found).toEqual(['0 1', '0 2', '1 1', '1 2', '2 1', '2 2'])
  })

  test.each(['x', 'f/', 'f/x', 'g/1.1'])('token %j is refused', (nextToken) => {
    const world = bench()
    const input = { logGroupName, logStreamName: 's', nextToken }
    expect(refusalOf(world, 'GetLogEvents', input).code).toBe('InvalidParameterException')
  })

  test('a group may be named by its ARN', () => {
    const world = bench()
    put(world, ['a'])
    const { arn } = world.logs('DescribeLogGroups').logGroups[0]
    const input = { logGroupIdentifier: arn, logStreamName: 's' }
    expect(texts(world.logs('GetLogEvents', input))).toEqual(['a'])
  })
})

describe('FilterLogEvents', () => {
  test('many streams come as one, in order of time, page by page', () => {
    const world = bench()
    world.logs('CreateLogStream', { logGroupName, logStreamName: 't' })
    put(world, ['s1', 's3', 's5'])
    put(world, ['t1', 't3', 't5'], 't')
    const found: string[] = []
    let nextToken: string | undefined
    do {
      const page = world.logs('FilterLogEvents', { logGroupName, limit: 2, nextToken })
      found.push(...texts(page))
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    expect(found).toEqual(['s1', 't1', 's3', 't3', 's5', 't5'])
  })

  test('streams are chosen by name or by prefix, not by both', () => {
    const world = bench()
    world.logs('CreateLogStream', { logGroupName, logStreamName: 't' })
    put(world, ['s1'])
    put(world, ['t1'], 't')
    const filter = (rest: object): readonly string[] =>
      texts(world.logs('FilterLogEvents', { logGroupName, ...rest }))
    expect(filter({ logStreamNames: ['t', 's'] })).toEqual(['s1', 't1'])
    expect(filter({ logStreamNamePrefix: 's' })).toEqual(['s1'])
    const both = { logGroupName, logStreamNames: ['s'], logStreamNamePrefix: 's' }
    expect(refusalOf(world, 'FilterLogEvents', both).code).toBe('InvalidParameterException')
    const many = Array.from({ length: 101 }, (_, index) => `${index}`)
    const tooMany = { logGroupName, logStreamNames: many }
    expect(refusalOf(world, 'FilterLogEvents', tooMany).message).toContain('1 to 100')
  })

  test('a group or a stream that is not there is refused, also one among others', () => {
    const world = bench()
    put(world, ['s1'])
    expect(
      refusalOf(world, 'FilterLogEvents', { logGroupName, logStreamNames: ['s', 'none'] }),
    ).toMatchObject({
      code: 'ResourceNotFoundException',
      message: 'The specified log stream does not exist.',
    })
    expect(refusalOf(world, 'FilterLogEvents', { logGroupName: 'none' })).toMatchObject({
      code: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    })
  })

  test('startTime and endTime are both included', () => {
    const world = bench()
    const startTime = world.clock.nowMs() + 1
    put(world, ['a', 'b', 'c', 'd'])
    const input = { logGroupName, startTime, endTime: startTime + 1 }
    expect(texts(world.logs('FilterLogEvents', input))).toEqual(['b', 'c'])
  })
})

describe('PutLogEvents', () => {
  const event = (timestamp: number, message = 'm'): object => ({ timestamp, message })

  test('events too old or too far ahead are left out', () => {
    const world = bench()
    const nowMs = world.clock.nowMs()
    const tooOld = nowMs - 14 * DAY - 1
    const answer = world.logs('PutLogEvents', {
      logGroupName,
      logStreamName: 's',
      logEvents: [event(tooOld), event(tooOld + 2)],
    })
    expect(answer.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 })
    const ahead = world.logs('PutLogEvents', {
      logGroupName,
      logStreamName: 's',
      logEvents: [event(nowMs), event(nowMs + 2 * HOUR + 1)],
    })
    expect(ahead.rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 1 })
    const { events } = world.logs('GetLogEvents', { logGroupName, logStreamName: 's' })
    expect(events.map((each: Wire) => each.timestamp)).toEqual([tooOld + 2, nowMs])
  })

  test.each<{ name: string; logEvents: readonly object[] }>([
    { name: 'none', logEvents: [] },
    { name: 'out of order', logEvents: [event(2), event(1)] },
    { name: 'over more than a day', logEvents: [event(0), event(DAY + 1)] },
    { name: 'too large', logEvents: [event(0, 'x'.repeat(1_048_576 - 25))] },
    { name: 'too many', logEvents: Array.from({ length: 10_001 }, () => event(0, '')) },
  ])('a batch is refused: $name', ({ logEvents }) => {
    const input = { logGroupName, logStreamName: 's', logEvents }
    expect(refusalOf(bench(), 'PutLogEvents', input).code).toBe('InvalidParameterException')
  })
})

describe('groups and streams', () => {
  test.each([
    ['CreateLogGroup', { logGroupName: 'with space' }, 'InvalidParameterException'],
    ['CreateLogGroup', { logGroupName }, 'ResourceAlreadyExistsException'],
    ['CreateLogStream', { logGroupName, logStreamName: 'a:b' }, 'InvalidParameterException'],
    ['CreateLogStream', { logGroupName, logStreamName: 's' }, 'ResourceAlreadyExistsException'],
    ['CreateLogStream', { logGroupName: 'x', logStreamName: 's' }, 'ResourceNotFoundException'],
    ['GetLogEvents', { logGroupName, logStreamName: 'x' }, 'ResourceNotFoundException'],
    ['DeleteLogGroup', { logGroupName: 'x' }, 'ResourceNotFoundException'],
    ['DescribeLogStreams', { logGroupName: 'x' }, 'ResourceNotFoundException'],
  ])('%s %j: %s', (operation, input, code) => {
    expect(refusalOf(bench(), operation, input).code).toBe(code)
  })

  test('streams by name, or by their last event', () => {
    const world = bench()
    world.logs('CreateLogStream', { logGroupName, logStreamName: 'a' })
    put(world, ['1'], 'a')
    world.clock.advanceSync(10)
    put(world, ['2'], 's')
    const names = (rest: object): readonly string[] =>
      world
        .logs('DescribeLogStreams', { logGroupName, ...rest })
        .logStreams.map((stream: Wire) => stream.logStreamName)
    expect(names({})).toEqual(['a', 's'])
    expect(names({ orderBy: 'LastEventTime', descending: true })).toEqual(['s', 'a'])
    expect(names({ logStreamNamePrefix: 's' })).toEqual(['s'])
  })

  test('the oldest events and streams go when there are too many', () => {
    const world = bench({ eventsPerStream: 10, streamsPerGroup: 2 })
    put(
      world,
      Array.from({ length: 30 }, (_, index) => `${index}`),
    )
    const { events } = world.logs('GetLogEvents', { logGroupName, logStreamName: 's' })
    expect(events).toHaveLength(10)
    expect(events.at(-1).message).toBe('29')
    for (const logStreamName of ['t', 'u']) {
      world.logs('CreateLogStream', { logGroupName, logStreamName })
    }
    const { logStreams } = world.logs('DescribeLogStreams', { logGroupName })
    expect(logStreams.map((stream: Wire) => stream.logStreamName)).toEqual(['t', 'u'])
  })
})

describe('the output of tasks', () => {
  const options = { 'awslogs-group': '/g', 'awslogs-stream-prefix': 'p', 'awslogs-region': 'r' }
  const speak = (): object => ({
    runMs: 5_000,
    output: [0, 1_000, 9_000].map((atMs) => ({ atMs, message: `line at ${atMs}` })),
  })

  function launch(logConfiguration: object | undefined, config = {}): readonly [Emulated, Wire] {
    const world = emulated({ behave: speak, config })
    world.register({ containerDefinitions: [{ name: 'main', image: 'i', logConfiguration }] })
    const task = world.run()
    return [world, task]
  }

  test('goes to prefix/container/task-id, each line in its time, none after the end', () => {
    const create = { ...options, 'awslogs-create-group': 'true' }
    const [world, task] = launch({ logDriver: 'awslogs', options: create })
    const stream = {
      logGroupName: '/g',
      logStreamName: `p/main/${task.taskArn.split('/').at(-1)}`,
    }
    world.clock.advanceSync(20_000)
    expect(texts(world.logs('GetLogEvents', stream))).toEqual(['line at 0'])
    world.clock.advanceSync(60_000)
    expect(texts(world.logs('GetLogEvents', stream))).toEqual(['line at 0', 'line at 1000'])
  })

  test('without the group, and without leave to create it, the task fails to start', () => {
    const [world, task] = launch({ logDriver: 'awslogs', options })
    world.clock.advanceSync(60_000)
    expect(world.describeTask(task.taskArn)).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: expect.stringMatching(
        /^ResourceInitializationError: .*The specified log group does not exist\./,
      ),
    })
  })

  test('without a log configuration it is lost, or kept where the configuration says', () => {
    const [bare] = launch(undefined)
    bare.clock.advanceSync(60_000)
    expect(bare.logs('DescribeLogGroups').logGroups).toEqual([])
    const keepAllOutput = { logGroup: '/all', streamPrefix: 'task' }
    const [world, task] = launch(undefined, { keepAllOutput })
    world.clock.advanceSync(60_000)
    const logStreamName = `task/main/${task.taskArn.split('/').at(-1)}`
    const answer = world.logs('GetLogEvents', { logGroupName: '/all', logStreamName })
    expect(texts(answer)).toEqual(['line at 0', 'line at 1000'])
  })
})
