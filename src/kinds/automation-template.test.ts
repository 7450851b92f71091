import { describe, expect, test } from 'vitest'
import type { Json } from '../lib/json.ts'
import { fillIn, fillInText, placeholdersOf, secretsIn } from './automation-template.ts'

const values = {
  run: { name: 'etl', exitCode: 3, parameters: { days: [1, 2] } },
  event: { payload: { text: 'a "b"\n{{ run.name }}' } },
}

describe('filling in', () => {
  test.each<readonly [Json, Json, string]>([
    ['plain', 'plain', 'text without placeholders'],
    ['{{ run.name }}', 'etl', 'one placeholder'],
    ['{{ run.exitCode }}', 3, 'its type is kept'],
    ['{{run.parameters}}', { days: [1, 2] }, 'a map'],
    ['{{ run.parameters.days[1] }}', 2, 'an element'],
    ['run {{ run.name }}: {{ run.exitCode }}', 'run etl: 3', 'inside of a text'],
    ['{{ run.parameters.days }}!', '[1,2]!', 'a list inside of a text'],
    ['{{ run.missing }}', null, 'nothing there'],
    ['<{{ run.missing.deeper }}>', '<>', 'nothing there, in a text'],
    ['{{ run.constructor }}', null, 'nothing inherited'],
    ['{{ run.name.length }}', null, 'nothing of a text'],
    ['{{ event.payload.text }}', 'a "b"\n{{ run.name }}', 'what was filled in is not read again'],
    ['\\{{ run.name }}', '{{ run.name }}', 'two braces that are meant'],
    ['{{ run.name | upper }}', '{{ run.name | upper }}', 'no placeholder'],
    [{ a: ['{{ run.name }}', 1, null, true] }, { a: ['etl', 1, null, true] }, 'in lists and maps'],
    [{ '{{ run.name }}': 1 }, { '{{ run.name }}': 1 }, 'not in keys'],
  ])('%j gives %j: %s', (template, expected) => {
    expect(fillIn(template, { values })).toEqual(expected)
  })

  test('escapes what it puts in, and nothing else', () => {
    const escape = (text: string) => text.replaceAll('"', '&quot;')
    expect(fillInText('"{{ event.payload.text }}"', { values, escape })).toBe(
      '"a &quot;b&quot;\n{{ run.name }}"',
    )
  })
})

test('finds placeholders and the secrets among them', () => {
  const value = { a: 'x {{ run.name }}', b: ['{{ secrets.token }}', '{{ secrets.token }}', 3] }
  expect(placeholdersOf(value)).toEqual([
    ['run', 'name'],
    ['secrets', 'token'],
    ['secrets', 'token'],
  ])
  expect(secretsIn(value)).toEqual(['token'])
})
