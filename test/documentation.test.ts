import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderCommands } from '../scripts/gen/commands.ts'
import { longName } from '../src/cli/definition.ts'
import { COMMANDS } from '../src/cli/definitions/all.ts'
import { GLOBAL_OPTIONS } from '../src/cli/definitions/shared-options.ts'
import { RESOURCE_PREFIX } from '../src/kinds/event.ts'
import { WIRE } from '../src/kinds/meta.ts'
import { RUN_CONDITIONS } from '../src/kinds/run.ts'

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

/** What stands under a heading of this name, down to the next one. */
function section(page: string, heading: string): string {
  const [, text] = read(page).split(new RegExp(`^#+ .*${heading}.*$`, 'm'))
  return text?.split(/^#+ /m)[0] ?? ''
}

/** Words in the first column of the tables in a text. */
function firstColumn(text: string): readonly string[] {
  return [...text.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) => [
    ...found(cell, /`([^`]+)`/g),
  ])
}

describe('the conditions', () => {
  const CONDITION = /\btype: '([A-Z][A-Za-z]+)',\s+status:/g

  test.each([
    ['workpool', found(read('src/controllers/workpool/decide.ts'), CONDITION)],
    ['deployment', found(read('src/controllers/deployment/decide.ts'), CONDITION)],
    ['automation', found(read('src/controllers/automation/decide.ts'), CONDITION)],
    ['run', new Set(RUN_CONDITIONS)],
  ])('of docs/kinds/%s.md are those that are written', (kind, written) => {
    expect(written.size).toBeGreaterThan(1)
    const named = firstColumn(section(`docs/kinds/${kind}.md`, '[cC]onditions'))
    expect(named.toSorted()).toEqual([...written].toSorted())
  })

  test('of a run are all judged', () => {
    const judged = found(read('src/controllers/run/status.ts'), /\btype(?:: | = )'([A-Z]\w+)'/g)
    expect([...judged].toSorted()).toEqual([...RUN_CONDITIONS].toSorted())
  })
})

test('every reason that a page names for a condition or an event exists', () => {
  const named = ['workpool', 'deployment', 'automation', 'run'].flatMap((kind) =>
    ['[cC]onditions', 'Events'].flatMap((heading) => [
      ...found(section(`docs/kinds/${kind}.md`, heading), /`([A-Z][a-z]+[A-Z]\w+)`/g),
    ]),
  )
  expect(named.length).toBeGreaterThan(12)
  // What became of an action is put together: `ActionDone`.
  const isKnown = (name: string): boolean =>
    PRODUCT.includes(`'${name}'`) || PRODUCT.includes(`'${name.replace(/^Action/, '')}'`)
  expect(named.filter((name) => !isKnown(name))).toEqual([])
})

test('every name of an event of the log is documented, and no other', () => {
  const members = (path: string, type: RegExp): readonly string[] => {
    const [, union = ''] = type.exec(read(path)) ?? []
    return [...found(union, /'(\w+)'/g)]
  }
  const named = (prefix: string, words: readonly string[]): readonly string[] =>
    words.map((word) => prefix + word)
  const records = 'src/controllers/run-records.ts'
  const automations = 'src/controllers/automation/records.ts'
  const real = [
    ...named(RESOURCE_PREFIX.run, ['<State name>', 'heartbeat']),
    ...named(RESOURCE_PREFIX.attempt, members(records, /type AttemptNews =([^\n]+)/)),
    ...named(RESOURCE_PREFIX.task, ['<lastStatus>']),
    ...named('capstan.ecs.', [
      ...members(records, /operation: ('RunTask'[^\n]+)/),
      ...members(
        'src/controllers/definition-records.ts',
        /type DefinitionOperation =((?:\s+\| '\w+')+)/,
      ),
    ]),
    ...named(RESOURCE_PREFIX.automation, members(automations, /type FiringNews =([^\n]+)/)),
    ...named(
      `${RESOURCE_PREFIX.automation}action.`,
      members(automations, /type ActionNews =([^\n]+)/),
    ),
    ...named(RESOURCE_PREFIX.source, members('src/source/records.ts', /what: ([^\n]+),/)),
  ]
  // A row names its first event in full, and of the others what is different.
  const rows = [...section('docs/events.md', 'What is recorded').matchAll(/^\| (`[^|]+) \|/gm)]
  const documented = rows.flatMap(([, cell = '']) => {
    const [first = '', ...others] = found(cell, /`([^`]+)`/g)
    return [first, ...named(first.replace(/[^.]+$/, ''), others)]
  })
  expect(documented.toSorted()).toEqual(real.toSorted())
})

test('every label of a state event is documented, and no other', () => {
  const label = /['`](capstan\.(?:run-count|state-[a-z]+))['`]/g
  const real = found(read('src/controllers/run-records.ts'), label)
  expect(real.size).toBe(5)
  const named = found(section('docs/events.md', 'What is recorded'), label)
  expect([...named].toSorted()).toEqual([...real].toSorted())
})

describe('labels, annotations, finalizers and tags', () => {
  const WORD = /\b(capstan\.dev\/(?!v1\b)[a-z-]+)\b/g
  const real = new Set([
    ...Object.values(WIRE),
    ...found(PRODUCT, /'(capstan\.dev\/(?!v1')[a-z-]+)'/g),
  ])

  test('are all in docs/labels.md, and there are no others', () => {
    const named = new Set(firstColumn(read('docs/labels.md')))
    expect([...named].toSorted()).toEqual([...real].toSorted())
  })

  test('that another page names exist', () => {
    const named = PAGES.flatMap((page) => [
      ...found(read(page).replace(/\S+\.capstan\.dev\S*/g, ''), WORD),
    ])
    expect(named.filter((word) => !real.has(word))).toEqual([])
  })
})

test('exit codes of docs/operations.md are those that there are', () => {
  const real = found(
    sourceOf('src/cli') + sourceOf('src/compose'),
    /(?:\bFAILED_EXIT_CODE = |\bSIGINT: |\bSIGTERM: |\bexitCode \?\? |\bexitCode: |\breturn )(\d+)\b(?! [*+-])/g,
  )
  const rows = section('docs/operations.md', 'Exit codes').matchAll(/^\| ([\d, ]+) \|/gm)
  const named = new Set([...rows].flatMap(([, cell = '']) => cell.split(', ')))
  expect([...named].toSorted()).toEqual([...real].toSorted())
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
