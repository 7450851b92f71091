import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PathStep } from '../kinds/placeholder.ts'
import { isJsonObject, type Json } from '../lib/json.ts'
import { composeManifest, type ParsedDocument } from './compose.ts'
import { readPlain } from './plain.ts'
import { checkStructure } from './structure.ts'

/** The parser for everything is the judge: whatever is read as plain, it reads the same way. */

const TYPICAL = `# nightly
apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: nightly-1   # the first
  labels: { team: data, tier: "2" }
spec:
  workPool: default
  template:
    image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/etl:latest
    args:
      - |
        if true; then
          echo "a: b # c"

        fi
    script: |-
      x
    command: [python, -m, etl.main, --table, 'it''s', "a \\"b\\""]
    cpu: 256

    env:
      STAGE: production
      URL: https://example.com/a?b=c#d
      EMPTY:
      RATIO: 0.5
      ON: true
    mountPoints:
      - sourceVolume: data
        containerPath: /data
        options:
        - ro
        - -x
      - {sourceVolume: tmp, containerPath: /tmp}
`

function pathsOf(value: Json): readonly (readonly PathStep[])[] {
  const members: readonly (readonly [PathStep, Json])[] = Array.isArray(value)
    ? value.map((item: Json, index) => [index, item] as const)
    : isJsonObject(value)
      ? Object.entries(value).map(([key, member]) => [key, member ?? null] as const)
      : []
  return [
    [],
    ['nowhere'],
    [0],
    ...members.flatMap(([step, member]) => pathsOf(member).map((path) => [step, ...path])),
  ]
}

/** All that a caller can learn of a document. */
function facts({ value, rewrittenNumbers, locate }: ParsedDocument): unknown {
  const places = pathsOf(value).map((path) => [path, locate(path), locate(path, true)])
  return { value, keys: JSON.stringify(value), rewrittenNumbers, places }
}

/** Whether the text was read as plain; throws where that says anything else than the parser. */
function agrees(text: string): boolean {
  const plain = readPlain(text)
  if (!plain) return false
  expect(checkStructure(text)).toBeUndefined()
  const { documents, problems } = composeManifest('f', text)
  expect(problems).toEqual([])
  expect(plain.map(facts)).toEqual(documents.map(facts))
  return true
}

describe('what is plain', () => {
  test.each([
    ['a typical manifest', TYPICAL],
    ['several documents', `---\n${TYPICAL}---\n# nothing\n---\na: 1\n---\n`],
    ['nothing', ''],
    ['comments', '# one\n\n  # two'],
    ['no line end', 'a: b'],
    ['a map that stands to the right', '  a: 1\n  b: 2\n'],
    ['a list in the column of its key', 'a:\n- x\n- y\nb: z\n'],
    ['a list in a map in a list', 'a:\n- b:\n  - c\n  d:\n- e: f\n'],
    ['brackets in brackets', 'a: [[], {}, [x, {b: [1, -2]}], "]", c:d]'],
    ['null, however it is written', 'a: ~\nb: null\nc:\nd: Null # none\ne: # none\n'],
    [
      'numbers and what only looks like them',
      'a: 0\nb: -12\nc: 1.5\nd: 1.2.3\ne: 2026-11-22\nf: 10m\n',
    ],
    ['text that goes on', 'a: b\n  c\n'],
    ['a list as a whole', '- a'],
    ['a comma too many', 'a: [b, ]'],
    ['letters beyond ASCII', 'a: grün\nb: "Ω"\n'],
    ['escapes', 'a: "x\\ny\\t\\\\"\n'],
    [
      'texts under bars',
      'a: |\n  b\n   c\n\n\n# d\ne:\n- |-\n x: y # z\n\n  - w\n- f: |\n    g\n  h: 1\n',
    ],
    ['comments after a value that stand to the right', 'a: b\n    # c\nd: e'],
  ])('%s', (_, text) => {
    expect(agrees(text)).toBe(true)
  })

  test('nearly every example', () => {
    const folder = join(import.meta.dirname, '../../manifests')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const texts = files
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
    const plain = texts.filter(agrees)
    expect(plain.length).toBeGreaterThan(0.9 * texts.length)
  })
})

test.each([
  ['anchors', 'a: &x 1\nb: *x'],
  ['tags', 'a: !!str 1'],
  ['text under a bar that begins with an empty line', 'a: |\n\n  b\n'],
  ['text under a bar with a line of spaces', 'a: |\n  b\n   \n'],
  ['text under a bar without its last line end', 'a: |\n  b'],
  ['text under a bar that is not indented', 'a:\n  b: |\n  c\n'],
  ['folded text', 'a: >\n  b\n'],
  ['text in quotes that goes on', 'a: "b\n  c"\n'],
  ['a key twice', 'a: 1\na: 2'],
  ['a key twice in brackets', 'a: {b: 1, b: 2}'],
  ['a forbidden key', '__proto__: 1'],
  ['a key that is no text', 'null: 1'],
  ['merge keys', 'a:\n  <<: {}'],
  ['tabs', 'a:\t1'],
  ['line ends of Windows', 'a: 1\r\n'],
  ['indentation that fits nowhere', 'a:\n    b: 1\n  c: 2\n'],
  ['a map in the middle of a line', 'a: b: c'],
  ['numbers that would change', 'a: 1.10'],
  ['numbers that cannot be kept', 'a: 12345678901234567890'],
  ['a directive', '%YAML 1.2\n---\na: 1'],
  ['the end of a document', 'a: 1\n...\n'],
  ['halves of characters', 'a: "\\ud800"'],
  ['a bracket too few', 'a: [b'],
  ['text behind quotes', 'a: "b" c'],
  ['a key behind an item', 'a:\n- "b" c: d'],
  ['a directive of nobody', '%a\n---\na: 1'],
  ['a document that starts to the right', ' ---'],
  ['escapes that JSON has not', 'a: "\\x41"'],
  ['a number beyond all', 'a: 1e999'],
  ['a comment without a space', 'a: "b"#c'],
  ['deep brackets', `a: ${'['.repeat(60)}${']'.repeat(60)}`],
  ['many documents', '---\n'.repeat(60)],
  ['a long text', `a: ${'x'.repeat(20_000)}`],
])('not plain: %s', (_, text) => {
  expect(readPlain(text)).toBeUndefined()
})

/** What YAML is made of, between bars. */
const PIECES = [
  "a¦b: ¦c:¦- ¦-¦ ¦  ¦    ¦\n¦\n  ¦\n    ¦\n- ¦\na: ¦\nb:¦#¦ # c¦:¦,¦, ¦[¦]¦{¦}¦\"¦'¦''¦\\¦\\n¦---¦\n---\n",
  '1¦-1¦0.5¦007¦.¦1e3¦0x1¦~¦null¦true¦y¦|¦ |\n¦: |-\n  ¦>¦&¦*¦!¦?¦%¦@¦`¦<<¦<<: ¦=¦/¦(¦)¦$¦^¦_¦é¦\u00A0¦\u2028¦\uFEFF¦\t¦\r',
  'x: {y: z}¦[1, 2]¦key: value¦"q"¦\'s\'¦http://x¦constructor',
].flatMap((pieces) => pieces.split('¦'))

const piece = fc.constantFrom(...PIECES)

/** A text with some of it replaced. */
const changed = (text: string) =>
  fc
    .array(
      fc.record({
        at: fc.nat(text.length),
        removed: fc.integer({ min: 0, max: 6 }),
        put: fc.oneof(piece, fc.constant('')),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((edits) =>
      edits.reduce(
        (now, { at, removed, put }) => now.slice(0, at) + put + now.slice(at + removed),
        text,
      ),
    )

test('whatever is read as plain means that to the parser too', () => {
  const texts = fc.oneof(
    changed(TYPICAL),
    fc.array(piece, { maxLength: 30 }).map((all) => all.join('')),
  )
  let plain = 0
  fc.assert(
    fc.property(texts, (text) => {
      if (agrees(text)) plain += 1
    }),
    { numRuns: Number(process.env['CAPSTAN_PLAIN_RUNS'] ?? 2_000) },
  )
  // Else nothing was compared.
  expect(plain).toBeGreaterThan(0)
})
