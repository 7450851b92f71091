import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const EXAMPLES = join(ROOT, 'manifests/examples/ecs-task')

/** The names of the Runs of the folder. */
const NAMES = readdirSync(EXAMPLES).map((file) => {
  const text = readFileSync(join(EXAMPLES, file), 'utf8')
  return /^ {2}name: (.+)$/m.exec(text)?.[1] ?? file
})

describe('manifests/examples/ecs-task with --local', () => {
  let data: string
  let result: { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'capstan-examples-'))
    result = await capstan('up', EXAMPLES, '--local', '--once', '--listen', 'none', '--data', data)
  })

  afterAll(() => {
    rmSync(data, { recursive: true, force: true })
  })

  test('ends with exit code 0', () => {
    expect(result, result.stderr).toMatchObject({ exitCode: 0 })
  })

  test.each(NAMES)('%s is completed', (name) => {
    expect(result.stdout).toMatch(new RegExp(`^${name} +Completed +0 `, 'm'))
  })
})

function capstan(...words: readonly string[]): Promise<{
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [join(ROOT, 'bin/capstan.js'), ...words],
      { cwd: ROOT },
      (_, stdout, stderr) => {
        done({ exitCode: child.exitCode ?? -1, stdout, stderr })
      },
    )
  })
}
