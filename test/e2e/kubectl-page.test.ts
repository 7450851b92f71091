import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findKubectls } from '../conformance/kubectl-world.ts'
import { eventually, openSandbox, PROGRAM, ROOT, type Sandbox } from './program.ts'

/** Does what docs/kubectl.md says, in its order, with the newest kubectl of the machine. */

interface Command {
  readonly line: string
  readonly fails: boolean
  /** Lines of the output, in order. */
  readonly output: readonly string[]
}

const PAGE = readFileSync(join(ROOT, 'docs/kubectl.md'), 'utf8')
const BLOCKS = [...PAGE.matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', file = '', text = '']) => ({ language, file, text }),
)
const COMMANDS = BLOCKS.filter(({ language }) => language === 'console').flatMap(({ text }) =>
  parseConsole(text),
)

function parseConsole(text: string): readonly Command[] {
  return text
    .split(/^\$ /m)
    .filter((part) => part !== '')
    .map((part) => {
      const [first = '', ...output] = part.trimEnd().split('\n')
      const line = first.replace(/ # fails$/, '')
      return { line, fails: line !== first, output }
    })
}

/** `…` is anything; blanks are any number of blanks. */
function toPattern(line: string): RegExp {
  const parts = line
    .split(/…/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, '\\s+'))
  return new RegExp(parts.join('[\\s\\S]*?'))
}

const kubectl = findKubectls().at(-1)
let sandbox: Sandbox
let environment: Readonly<Record<string, string>>

beforeAll(async () => {
  if (!kubectl) return
  sandbox = openSandbox()
  const bin = sandbox.path('bin')
  mkdirSync(bin)
  symlinkSync(kubectl.path, join(bin, 'kubectl'))
  for (const name of ['capstan', 'kubectl-capstan']) symlinkSync(PROGRAM, join(bin, name))
  for (const { file, text } of BLOCKS.filter((block) => block.file !== '')) {
    writeFileSync(sandbox.path(file), text)
  }
  const path = [bin, join(process.execPath, '..'), process.env['PATH']].join(':')
  environment = { PATH: path, KUBECACHEDIR: sandbox.path('cache') }
  sandbox.start(['up', '--local'])
  await eventually(() => {
    shell('capstan kubeconfig > /dev/null')
  })
})

afterAll(async () => {
  if (kubectl) await sandbox.close()
})

function shell(line: string): string {
  return execFileSync('bash', ['-c', `exec 2>&1; ${line}`], {
    cwd: sandbox.directory,
    encoding: 'utf8',
    env: { HOME: sandbox.directory, LANG: 'C.UTF-8', ...environment },
  })
}

/** Output and whether it failed; `export` counts for the commands after it. */
function run(line: string): { readonly text: string; readonly failed: boolean } {
  const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? []
  if (name && value) {
    environment = { ...environment, [name]: value.replace('$PWD', sandbox.directory) }
    return { text: '', failed: false }
  }
  try {
    return { text: shell(line), failed: false }
  } catch (error) {
    if (error instanceof Error && 'stdout' in error) {
      return { text: String(error.stdout), failed: true }
    }
    throw error
  }
}

test('the page has commands and files', () => {
  expect(COMMANDS.length).toBeGreaterThan(45)
  expect(BLOCKS.filter(({ file }) => file !== '')).toHaveLength(3)
})

if (!kubectl) test.skip('there is no kubectl on PATH', () => {})

// The first one is the controller, which is there already.
test.runIf(kubectl).each(COMMANDS.slice(1))('$line', ({ line, fails, output }) => {
  const { text, failed } = run(line)
  expect(failed, text).toBe(fails)
  let rest = text
  for (const wanted of output.filter((expected) => expected !== '')) {
    const match = toPattern(wanted).exec(rest)
    if (!match) throw new Error(`${wanted}\nis not in\n${rest}\nof\n${text}`)
    rest = rest.slice(match.index + match[0].length)
  }
})
