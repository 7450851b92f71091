import { describe, expect, test } from 'vitest'
import { SOURCE_KINDS } from '../../manifest/import/import.ts'
import { COMMAND_GROUPS, longName, shortName, takesValue } from '../definition.ts'
import { renderOverview } from '../help-text.ts'
import { COMMANDS } from './all.ts'
import { IMPORT_KINDS } from './offline.ts'
import { GLOBAL_OPTIONS } from './shared-options.ts'

test('the overview', async () => {
  await expect(renderOverview('capstan', COMMANDS, GLOBAL_OPTIONS, false)).toMatchFileSnapshot(
    '__golden__/overview.txt',
  )
})

test('import knows its kinds', () => {
  expect(IMPORT_KINDS).toEqual(SOURCE_KINDS)
})

test('every name is there once', () => {
  const names = COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  expect(new Set(names).size).toBe(names.length)
})

describe.each(COMMANDS.map((command) => [command.name, command] as const))('%s', (_, command) => {
  const options = [...command.options, ...GLOBAL_OPTIONS]

  test('has a group, a summary and examples', () => {
    expect(COMMAND_GROUPS).toContain(command.group)
    expect(command.summary).toMatch(/^[A-Z].*[^.]$/)
    expect(command.examples.length).toBeGreaterThan(0)
  })

  test('gives each of its flags one meaning', () => {
    const long = options.map(longName)
    const short = options.flatMap((option) => shortName(option) ?? [])
    expect(new Set(long).size).toBe(long.length)
    expect(new Set(short).size).toBe(short.length)
    expect(options.filter((option) => option.bare !== undefined && !takesValue(option))).toEqual([])
  })

  test('uses in its examples only flags that exist', () => {
    const known = options.flatMap((option) => [`--${longName(option)}`, `-${shortName(option)}`])
    const used = command.examples.flatMap(({ line }) => line.match(/(?<= )--?[a-z][a-z-]*/gi) ?? [])
    expect(used.filter((flag) => !known.includes(flag))).toEqual([])
    expect(command.examples.filter(({ line }) => line.split(' ')[0] !== command.name)).toEqual([])
  })

  test('can be loaded', async () => {
    expect(await command.load()).toBeTypeOf('function')
  })
})
