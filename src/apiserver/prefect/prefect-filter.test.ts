import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type EventRecord, LABEL } from '../../kinds/event.ts'
import type { JsonObject } from '../../lib/json.ts'
import { fitsGlob } from './glob.ts'
import { parsePrefectFilter } from './prefect-filter.ts'

const NOON = Date.UTC(2026, 0, 1, 12)

const RECORD: EventRecord = {
  seq: 1,
  id: '0190d2ee-1111-7000-8000-000000000002',
  occurredAtMs: NOON,
  receivedAtMs: NOON,
  event: 'capstan.run.Crashed',
  namespace: 'default',
  resource: {
    [LABEL.id]: 'capstan.run.0190',
    [LABEL.name]: 'hello',
    'capstan.state-type': 'CRASHED',
  },
  related: [
    { [LABEL.id]: 'capstan.deployment.d1', [LABEL.role]: 'deployment', [LABEL.name]: 'etl' },
    { [LABEL.id]: 'capstan.run.parent', [LABEL.role]: 'run' },
  ],
  payload: { reason: 'out of memory' },
}

function matches(filter: JsonObject): boolean {
  const parsed = parsePrefectFilter(filter)
  if (parsed.type === 'Invalid') throw new Error(JSON.stringify(parsed.problems))
  return parsed.filter.matches(RECORD)
}

describe('a filter', () => {
  test.each<[boolean, JsonObject]>([
    [true, {}],
    [true, { occurred: { since: '2026-01-01T12:00:00Z', until: '2026-01-01T12:00:00Z' } }],
    [false, { occurred: { since: '2026-01-01T12:00:01Z' } }],
    [false, { occurred: { until: '2026-01-01T11:59:59Z' } }],
    [true, { event: { prefix: ['prefect.flow-run.'] } }],
    [true, { event: { prefix: ['prefect.'] } }],
    [true, { event: { prefix: ['capstan.run.'] } }],
    [false, { event: { prefix: ['prefect.deployment.'] } }],
    [false, { event: { exclude_prefix: ['prefect.flow-run.'] } }],
    [true, { event: { name: ['prefect.flow-run.Crashed'] } }],
    [true, { event: { name: ['capstan.run.Crashed', 'x'] } }],
    [false, { event: { name: ['prefect.flow-run.Crash'] } }],
    [false, { event: { exclude_name: ['prefect.flow-run.Crashed'] } }],
    [true, { event: { name: [] } }],
    [true, { resource: { id: ['prefect.flow-run.0190'] } }],
    [false, { resource: { id: ['prefect.flow-run.0191'] } }],
    [true, { resource: { id_prefix: ['prefect.flow-run.'] } }],
    [true, { resource: { labels: { 'prefect.resource.id': 'prefect.flow-run.*' } } }],
    [true, { resource: { labels: { 'prefect.state-type': ['CRASHED', 'FAILED'] } } }],
    [false, { resource: { labels: { 'prefect.state-type': ['!CRASHED'] } } }],
    [false, { resource: { labels: { 'prefect.state-type': [] } } }],
    [false, { resource: { labels: { missing: '*' } } }],
    [true, { related: { id: ['prefect.deployment.d1'] } }],
    [true, { related: { role: ['flow-run'], id: ['prefect.flow-run.parent'] } }],
    [false, { related: { role: ['deployment'], id: ['prefect.flow-run.parent'] } }],
    [true, { related: [{ role: ['deployment'] }, { role: ['flow-run'] }] }],
    [false, { related: [{ role: ['deployment'] }, { role: ['flow'] }] }],
    [true, { related: { resources_in_roles: [['prefect.deployment.d1', 'deployment']] } }],
    [false, { related: { resources_in_roles: [['prefect.deployment.d1', 'flow']] } }],
    [true, { related: { labels: { 'prefect.resource.name': 'e?l' } } }],
    [true, { any_resource: { id: ['prefect.deployment.d1'] } }],
    [true, { any_resource: { id_prefix: ['prefect.flow-run.01'] } }],
    [false, { any_resource: { id: ['prefect.deployment.d2'] } }],
    [true, { id: { id: ['0190D2EE-1111-7000-8000-000000000002'] } }],
    [false, { id: { id: ['0190d2ee-1111-7000-8000-000000000003'] } }],
    [true, { text: { query: 'hello nothing' } }],
    [true, { text: { query: '"out of memory"' } }],
    [false, { text: { query: 'hello -memory' } }],
    [false, { text: { query: '+hello +absent' } }],
    [false, { text: { query: 'absent' } }],
    [true, { event: null, resource: null, related: null, any_resource: null, text: null }],
  ])('%s: %j', (expected, filter) => {
    expect(matches(filter)).toBe(expected)
  })

  test.each<[JsonObject, RegExp]>([
    [{ unknown: 1 }, /not permitted/],
    [{ event: { prefixes: [] } }, /not permitted/],
    [{ event: 'x' }, /valid dictionary/],
    [{ event: { name: [1] } }, /list of strings/],
    [{ resource: { labels: 'x' } }, /valid dictionary/],
    [{ occurred: { since: 'yesterday' } }, /datetime/],
    [{ order: 'UP' }, /ASC or DESC/],
    [{ id: { id: Array(501).fill('x') } }, /at most 500/],
    [{ text: { query: 'x'.repeat(201) } }, /at most 200/],
  ])('%j is refused', (filter, message) => {
    const parsed = parsePrefectFilter(filter)
    if (parsed.type !== 'Invalid') throw new Error('taken')
    expect(parsed.problems[0]?.msg).toMatch(message)
  })

  test('tells order and distinctness', () => {
    expect(parsePrefectFilter({ order: 'ASC', resource: { distinct: true } })).toMatchObject({
      filter: { order: 'ASC', isDistinct: true },
    })
    expect(parsePrefectFilter(undefined)).toMatchObject({ filter: { order: 'DESC' } })
  })
})

describe('a glob', () => {
  test('fits what the regular expression fits', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })
    const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 })
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
        expect(fitsGlob(pattern, text)).toBe(new RegExp(`^${source}$`).test(text))
      }),
      { numRuns: 2_000 },
    )
  })

  test('ends soon whatever the pattern is', () => {
    expect(fitsGlob(`${'*a'.repeat(500)}b`, 'a'.repeat(20_000))).toBe(false)
  })
})
