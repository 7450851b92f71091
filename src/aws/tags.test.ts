import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildTags, labelPath, tagListProblems, toTagText } from './tags.ts'

test.each([
  ['team', 'team'],
  ['Data Team', 'Data-Team'],
  ['a//b', 'a//b'],
  ['user@example.com', 'user@example.com'],
  ['über', 'ber'],
  ['naïve', 'na-ve'],
  ["it's", 'it-s'],
  ['it&#39;s', 'its'],
  ['a &amp; b', 'a-b'],
  ['a&#x26;b', 'a-b'],
  ['a&constructor;b', 'a-constructor-b'],
  ['1,000,000', '1000000'],
  ['a,b', 'a-b'],
  ['--x--', 'x'],
  ['prefect.io/flow-run-id', 'prefect.io/flow-run-id'],
  ['***', ''],
])('%j → %j', (text, expected) => {
  expect(toTagText(text)).toBe(expected)
})

test('tag text has only characters that AWS takes, and stays what it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const tag = toTagText(text)
      expect(tag).toMatch(/^[a-zA-Z0-9_./=+:@-]*$/)
      expect(toTagText(tag)).toBe(tag)
    }),
  )
})

describe('buildTags', () => {
  test('labels first, then our own; null labels are left out', () => {
    const { tags, problems } = buildTags(
      { 'my team': 'a b', gone: null },
      { 'capstan.dev/run': 'x' },
    )
    expect(tags).toEqual([
      { key: 'my-team', value: 'a-b' },
      { key: 'capstan.dev/run', value: 'x' },
    ])
    expect(problems).toEqual([])
  })

  test.each([
    [{ '***': 'x' }, 'has no character that AWS takes'],
    [{ 'capstan.dev/run': 'x' }, "Capstan's own"],
    [{ 'a b': '1', 'a-b': '2' }, 'as another label does already'],
  ])('%j is refused', (labels, text) => {
    const { problems } = buildTags(labels, {})
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toContain(text)
    expect(problems[0]?.severity).toBe('Error')
  })
})

describe('tagListProblems', () => {
  const path = (key: string) => labelPath(key, { 'a key': 1 })

  test.each([
    [[{ key: 'aws:x', value: '' }], 'reserved'],
    [[{ key: 'k'.repeat(129), value: '' }], '129 characters; AWS takes 128'],
    [[{ key: 'a-key', value: 'v'.repeat(257) }], '257 characters; AWS takes 256'],
    [[{ key: 'a*b', value: '' }], 'AWS takes letters, digits, spaces and'],
    [[{ key: 'a', value: 'x;y' }], 'AWS takes letters, digits, spaces and'],
    [
      [
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
      ],
      'tag a is there twice',
    ],
    [Array.from({ length: 52 }, (_, i) => ({ key: `k${i}`, value: '' })), '52 tags with Capstan'],
  ])('refuses, and never cuts', (tags, text) => {
    const problems = tagListProblems(tags, path)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toContain(text)
  })

  test('points at the label', () => {
    const problems = tagListProblems([{ key: 'a-key', value: 'v'.repeat(257) }], path)
    expect(problems).toMatchObject([{ path: ['labels', 'a key'] }])
  })

  test('takes every character that AWS takes', () => {
    const tags = [{ key: 'Größe 1', value: 'a_.:/=+-@ é' }]
    expect(tagListProblems(tags, path)).toEqual([])
  })

  test('takes 50 of the largest', () => {
    const tags = Array.from({ length: 50 }, (_, i) => ({
      key: String(i).padStart(128, 'k'),
      value: 'v'.repeat(256),
    }))
    expect(tagListProblems(tags, path)).toEqual([])
  })
})
