import { describe, expect, test } from 'vitest'
import {
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
} from './selectors.ts'

const LABELS = { app: 'etl', tier: 'batch', 'example.com/team': 'data' }

describe('label selectors', () => {
  test.each([
    ['', true],
    ['app=etl', true],
    ['app==etl', true],
    ['app=web', false],
    ['app!=web', true],
    ['app!=etl', false],
    ['missing!=x', true],
    ['app in (web, etl)', true],
    ['app in (web)', false],
    ['app notin (web)', true],
    ['missing notin (x)', true],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['!app', false],
    ['example.com/team=data', true],
    ['app=etl,tier in (batch,online),!missing', true],
    ['app=etl,tier=online', false],
    [' app = etl , tier', true],
    ['app=', false],
  ])('%j selects: %j', (text, expected) => {
    expect(matchesLabels(parseLabelSelector(text), LABELS)).toBe(expected)
  })

  test.each(['app=etl=x', 'a b', 'app in etl', '=x', 'app in (a', '/x=1', 'a>1'])(
    '%j is refused with the ways to write one',
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow(/unable to parse requirement.*key in \(a,b\)/)
    },
  )

  test('an object without labels has none', () => {
    expect(matchesLabels(parseLabelSelector('app'), undefined)).toBe(false)
    expect(matchesLabels(parseLabelSelector('constructor'), {})).toBe(false)
  })

  test('an absurdly long one is refused', () => {
    expect(() => parseLabelSelector('a,'.repeat(20_000))).toThrow('too long')
  })
})

describe('field selectors', () => {
  const supported = ['metadata.name', 'status.phase']
  const read = (path: string): string => (path === 'metadata.name' ? 'hello' : '')

  test.each([
    ['', true],
    ['metadata.name=hello', true],
    ['metadata.name==hello', true],
    ['metadata.name!=hello', false],
    ['metadata.name=hello,status.phase!=Running', true],
    ['status.phase=', true],
  ])('%j selects: %j', (text, expected) => {
    expect(matchesFields(parseFieldSelector(text, supported), read)).toBe(expected)
  })

  test('a path that nobody reads is refused, not ignored', () => {
    expect(() => parseFieldSelector('spec.image=x', supported)).toThrow(
      'field label not supported: spec.image: use one of metadata.name, status.phase',
    )
    expect(() => parseFieldSelector('metadata.name', supported)).toThrow('invalid field selector')
  })
})
