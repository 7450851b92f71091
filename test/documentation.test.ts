import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderCommands } from '../scripts/gen/commands.ts'
import { longName } from '../src/cli/definition.ts'
import { COMMANDS } from '../src/cli/definitions/all.ts'
import { GLOBAL_OPTIONS } from '../src/cli/definitions/shared-options.ts'

const ROOT = join(import.meta.dirname, '..')

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** What is written for those who use Capstan; docs/adr and bench speak to those who change it. */
const PAGES = [
  'README.md',
  'SECURITY.md',
  ...['docs', 'docs/kinds'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
]

function sourceOf(folder: string): string {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => read(join(folder, path)))
    .join('\n')
}

const PRODUCT = sourceOf('src')

function found(text: string, pattern: RegExp): ReadonlySet<string> {
  return new Set([...text.matchAll(pattern)].map(([, name = '']) => name))
}

describe('the commands', () => {
  test('docs/commands.md is current (npm run gen)', () => {
    expect(read('docs/commands.md')).toBe(renderCommands())
  })

  test('every line that starts with capstan names a command and flags that it has', () => {
    const wrong = PAGES.flatMap((page) =>
      [...read(page).matchAll(/(?:^|\$ |`)(?:kubectl )?capstan ([a-z-]+)([^`\n|]*)/gm)].flatMap(
        ([line = '', name = '', rest = '']) => {
          const command = COMMANDS.find((known) => known.name === name)
          if (name === 'help') return []
          if (!command) return [`${page}: ${line}: there is no command ${name}`]
          const own = rest.split(' -- ')[0]?.replace(/#.*/, '') ?? ''
          const known = [...command.options, ...GLOBAL_OPTIONS].map(longName)
          return [...found(own, /(?<!\S)--([a-z-]+)/g)]
            .filter((flag) => flag !== 'help' && !known.includes(flag))
            .map((flag) => `${page}: ${line}: there is no --${flag}`)
        },
      ),
    )
    expect(wrong).toEqual([])
  })
})

describe('the metrics', () => {
  const METRIC = /\b(capstan_[a-z_]+)\b/g

  test('of docs/metrics.md are those that there are', () => {
    const real = found(read('src/compose/metrics.ts'), /'(capstan_[a-z_]+)'/g)
    expect(real.size).toBeGreaterThan(10)
    expect([...found(read('docs/metrics.md'), METRIC)].toSorted()).toEqual([...real].toSorted())
  })
})

/** Of conditions that say that all is well or on its way, where the condition itself is documented. */
const PLAIN_REASONS = [
  'Accepted',
  'Completed',
  'Enabled',
  'Progressing',
  'TaskLaunched',
  'TaskRunning',
]

test('every reason of an event or a condition is documented', () => {
  const reasons = found(
    sourceOf('src/controllers') + sourceOf('src/source/'),
    /(?:\breason: |event\('(?:Normal|Warning)', )'([A-Z][a-z]\w+)'/g,
  )
  const text = PAGES.map(read).join('\n')
  expect(reasons.size).toBeGreaterThan(12)
  expect(
    [...reasons].filter((name) => !PLAIN_REASONS.includes(name) && !text.includes(`\`${name}\``)),
  ).toEqual([])
})

describe('the variables', () => {
  const VARIABLE = /\b(CAPSTAN_[A-Z_]+)\b/g
  const real = found(PRODUCT, /['"](CAPSTAN_[A-Z_]+)['"]/g)

  test('that Capstan reads or sets are documented', () => {
    const text = PAGES.map(read).join('\n')
    expect(real.size).toBeGreaterThan(4)
    expect([...real].filter((name) => !text.includes(name))).toEqual([])
  })

  test('that are documented exist', () => {
    const named = PAGES.flatMap((page) => [...found(read(page), VARIABLE)])
    expect(named.filter((name) => !PRODUCT.includes(name))).toEqual([])
  })
})
