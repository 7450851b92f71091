import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const SRC = join(ROOT, 'src')

/** Which folders of src a folder may import besides itself. The order is the flow (ARCHITECTURE 4). */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  kinds: ['lib'],
  manifest: ['lib', 'kinds'],
  store: ['lib', 'kinds'],
  aws: ['lib', 'kinds'],
  runtime: ['lib'],
  controllers: ['lib', 'kinds', 'store', 'aws', 'runtime'],
  source: ['lib', 'kinds', 'manifest', 'store', 'runtime'],
  apiserver: ['lib', 'kinds', 'manifest', 'store', 'runtime'],
  cli: ['lib', 'kinds', 'manifest', 'aws', 'config.ts'],
  emulator: ['lib'],
  // Pieces of main.ts: they know everything, and only main.ts knows them.
  compose:
    'lib kinds manifest store aws runtime controllers source apiserver cli emulator config.ts'.split(
      ' ',
    ),
}

/** Files directly in src: they compose, so they may import everything; config.ts is read by the command line. */
const COMPOSITION = 'src'

/** Packages that one folder has to itself. */
const OWNED_PACKAGES: readonly { readonly pattern: RegExp; readonly folder: string }[] = [
  { pattern: /^better-sqlite3$/, folder: 'store' },
  { pattern: /^@aws-sdk\/|^@smithy\//, folder: 'aws' },
  { pattern: /^ajv/, folder: 'manifest' },
  { pattern: /^pino$/, folder: 'runtime' },
]

/** Packages that most commands and folders never need, and that take longer to load than a manifest to check. */
const LOADED_LATE = /^import (?!type\b)[^']*from '(?:ajv|rrule)'/m

/** Pure files: nothing of Node, and what they import of other layers is pure as well. */
const PURE: readonly RegExp[] = [
  /^controllers\/[^/]+\/(decide|idle|live|launch|retry|ladder|state|status|events|deadlines|limits|world|plan|array|array-indexes|lease|own-env|due|schedules|ended)\.ts$/,
  /^controllers\/(line|run-place|launch-windows|heartbeat-status)\.ts$/,
  /^controllers\/automation\/(match|node|bucket|life-sign|event-trigger|group-trigger|engine|source|notification)\.ts$/,
  /^source\/sync\.ts$/,
  /^kinds\//,
  /^aws\/(task-definition|run-task|stop-reason|network|fargate|tags|definition-hash|error-rules)\.ts$/,
]

const MAX_LINES = 400

interface SourceFile {
  /** Below src, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

function sourceFiles(): readonly SourceFile[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name)
      const text = readFileSync(file, 'utf8')
      const found = text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)
      const imports = [...found].map(([, name = '']) =>
        name.startsWith('.') ? relative(SRC, join(dirname(file), name)) : name,
      )
      return { path: relative(SRC, file), text, imports }
    })
}

const FILES = sourceFiles()
const PRODUCT = FILES.filter(({ path }) => !path.endsWith('.test.ts'))

function folderOf(path: string): string {
  const [first = '', ...rest] = path.split('/')
  return rest.length === 0 ? COMPOSITION : first
}

function isLocal(name: string): boolean {
  return name.endsWith('.ts') && !name.startsWith('@')
}

describe('layers', () => {
  test.each(Object.keys(LAYERS))('%s imports only what stands before it', (folder) => {
    const allowed = [folder, ...(LAYERS[folder] ?? [])]
    const wrong = PRODUCT.filter(({ path }) => folderOf(path) === folder).flatMap(
      ({ path, imports }) =>
        imports
          .filter(isLocal)
          .filter((name) => !allowed.includes(folderOf(name)) && !allowed.includes(name))
          .map((name) => `${path} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })

  test('every folder of src has its row', () => {
    const folders = new Set(PRODUCT.map(({ path }) => folderOf(path)))
    folders.delete(COMPOSITION)
    expect([...folders].toSorted()).toEqual(Object.keys(LAYERS).toSorted())
  })

  test('a kind never imports the folder of another kind', () => {
    const kindOf = (path: string) => /^controllers\/([^/]+)\//.exec(path)?.[1]
    const wrong = PRODUCT.flatMap(({ path, imports }) => {
      const own = kindOf(path)
      const foreign = imports.filter((name) => kindOf(name) !== undefined && kindOf(name) !== own)
      return own === undefined ? [] : foreign.map((name) => `${path} imports ${name}`)
    })
    expect(wrong).toEqual([])
  })

  test('main.ts, cli.ts and compose are imported by nothing below', () => {
    const wrong = PRODUCT.flatMap(({ path, imports }) =>
      imports
        .filter((name) => name === 'main.ts' || name === 'cli.ts' || name.startsWith('compose/'))
        .filter(() => !['cli', 'compose', COMPOSITION].includes(folderOf(path)))
        .map((name) => `${path} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })
})

describe('packages', () => {
  test.each(OWNED_PACKAGES)('$pattern is imported by $folder alone', ({ pattern, folder }) => {
    const wrong = PRODUCT.filter(({ imports }) => imports.some((name) => pattern.test(name)))
      .map(({ path }) => path)
      .filter((path) => folderOf(path) !== folder)
    expect(wrong).toEqual([])
  })

  test('those that are loaded when they are needed are imported for their types only', () => {
    const wrong = PRODUCT.filter(({ text }) => LOADED_LATE.test(text))
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  test('there are at most 18 of them at run time', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(Object.keys(dependencies).length).toBeLessThanOrEqual(18)
  })

  test('each has its reason in the decision record', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const record = readFileSync(join(ROOT, 'docs/adr/0004-runtime-dependencies.md'), 'utf8')
    const missing = Object.keys(dependencies).filter((name) => !record.includes(`\`${name}\``))
    expect(missing).toEqual([])
  })
})

describe('purity', () => {
  const pure = PRODUCT.filter(({ path }) => PURE.some((pattern) => pattern.test(path)))

  test('there are files to look at', () => {
    expect(pure.length).toBeGreaterThan(30)
  })

  test('pure files import nothing of Node and await nothing', () => {
    const wrong = pure.filter(
      ({ text, imports }) =>
        imports.some((name) => name.startsWith('node:')) ||
        /\b(await|async)\b (?!.*\*)/.test(code(text)),
    )
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  test('only config.ts reads the environment and the arguments', () => {
    const wrong = PRODUCT.filter(({ text }) => /process\.(env|argv)/.test(code(text)))
    expect(wrong.map(({ path }) => path)).toEqual(['config.ts'])
  })

  test('time and randomness come through their ports', () => {
    const banned = /\bDate\.now\(|\bsetTimeout\(|\bsetInterval\(|Math\.random\(|randomUUID\(/
    const ports = ['lib/clock.ts', 'lib/random.ts']
    const wrong = PRODUCT.filter(
      ({ path, text }) => banned.test(code(text)) && !ports.includes(path),
    )
    expect(wrong.map(({ path }) => path)).toEqual([])
  })
})

describe('hygiene', () => {
  test(`no file is longer than ${MAX_LINES} lines`, () => {
    const long = PRODUCT.filter(({ path }) => !path.includes('generated')).filter(
      ({ text }) => text.split('\n').length > MAX_LINES,
    )
    expect(long.map(({ path }) => path)).toEqual([])
  })

  test('no barrels, no default exports, nothing left to do', () => {
    const wrong = PRODUCT.filter(({ path, text }) => {
      const barrel = path.endsWith('/index.ts') || /^export \* from/m.test(text)
      return barrel || /^export default/m.test(text) || /\b(TODO|FIXME|XXX)\b/.test(text)
    })
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  test('documents that a file names are in the repository', () => {
    const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    const wrong = FILES.flatMap(({ path, text }) =>
      [...text.matchAll(/\bdocs\/[\w./-]*\w/g)]
        .filter(([named]) => !docs.some((document) => `docs/${document}`.startsWith(named)))
        .map(([named]) => `${path} names ${named}`),
    )
    expect(wrong).toEqual([])
  })

  test('no file is called utils or helpers', () => {
    const wrong = FILES.filter(({ path }) => /(utils?|helpers?|misc|common)\.ts$/.test(path))
    expect(wrong.map(({ path }) => path)).toEqual([])
  })
})

/** The text without its comments. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}
