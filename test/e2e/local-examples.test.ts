import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSandbox, type Program, ROOT, type Sandbox } from './program.ts'

const EXAMPLES = join(ROOT, 'manifests/examples')

/** The commands that the comment at the head of an example tells its reader to try. */
interface Command {
  readonly words: readonly string[]
  /** The comment behind it says that it is refused. */
  readonly isRefused: boolean
}

const FILES = readdirSync(EXAMPLES).filter((name) => /^local-.*\.yaml$/.test(name))

function commandsOf(file: string): readonly Command[] {
  const text = readFileSync(join(EXAMPLES, file), 'utf8')
  return [...text.matchAll(/^# {3}capstan (?<rest>.+)$/gm)].map(({ groups }) => {
    const [command = '', remark = ''] = (groups?.['rest'] ?? '').split(/ +# /)
    return { words: wordsOf(command), isRefused: remark.startsWith('refused') }
  })
}

/** As a shell would, for the plain words and single quotes that the examples have. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''))
}

/** What the reader sees when the commands have been run, beside their exit codes. */
const SHOWN: Readonly<Record<string, RegExp>> = {
  'local-nightly.yaml': /report of .*, full\n/,
  'local-parameters.yaml': /Ada[^]*parameters\.times: expected a whole number/,
  'local-sizes.yaml': /I have 256 CPU units[^]*I have 1024 CPU units/,
}

/** Runs of these examples that end by themselves, and how. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  'local-fan-out.yaml': ['local-fan-out'],
  'local-queue.yaml': ['local-urgent', 'local-bulk-1', 'local-bulk-2', 'local-bulk-3'],
}

describe('what the head of each example tells its reader to try', () => {
  let sandbox: Sandbox
  let controller: Program

  beforeEach(() => {
    sandbox = openSandbox()
  })

  afterEach(async () => {
    await sandbox.close()
  })

  async function run({ words, isRefused }: Command): Promise<string> {
    const paths = words.map((word) => (word.startsWith('manifests/') ? join(ROOT, word) : word))
    const result = await sandbox.run(paths)
    const told = `${words.join(' ')}\n${result.stdout}${result.stderr}`
    if (isRefused) expect(result.code, told).not.toBe(0)
    else expect(result.code, told).toBe(0)
    return told
  }

  test.each(FILES)('%s', async (file) => {
    const [up, ...rest] = commandsOf(file)
    expect(up?.words).toEqual(['up', '--local'])
    controller = sandbox.start(['up', '--local', '--listen', 'none'])
    await controller.says(/API listens/)
    let output = ''
    for (const command of rest) output += await run(command)
    expect(rest.length).toBeGreaterThan(0)
    for (const name of ENDS[file] ?? []) {
      const words = ['wait', `run/${name}`, '--for=condition=Complete', '--timeout=60s']
      await run({ words, isRefused: false })
    }
    expect(output).toMatch(SHOWN[file] ?? /./)
  })
})
