import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createIntakeListener } from '../../src/apiserver/intake.ts'
import type { HttpListener } from '../../src/apiserver/listener.ts'
import { createHeartbeatRoute } from '../../src/apiserver/routes/heartbeats.ts'
import { createRunTokens } from '../../src/controllers/heartbeat/run-tokens.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/runtime/logger.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/heartbeats.md'), 'utf8')
const EXAMPLE = readFileSync(join(ROOT, 'manifests/examples/heartbeat/import.yaml'), 'utf8')
const UID = '0b6f5b1c-1111-5111-8111-111111111111'

interface Snippet {
  readonly name: string
  readonly program: string
  readonly text: string
  /** Beats that it sends before it ends. */
  readonly beats: number
}

function snippet(language: string): string {
  return new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(PAGE)?.[1] ?? ''
}

/** The function that both examples carry, and one call of it. */
const EXAMPLE_BEAT = `${/ {8}beat\(\) \{[^]*?\n {8}\}/.exec(EXAMPLE)?.[0] ?? ''}\nbeat\n`

const SNIPPETS: readonly Snippet[] = [
  { name: 'snippet.sh', program: 'sh', text: snippet('sh'), beats: 3 },
  // No program named curl is found: the other branch is taken.
  {
    name: 'wget.sh',
    program: 'sh',
    text: snippet('sh').replace('command -v curl', 'command -v no-such-curl'),
    beats: 3,
  },
  { name: 'snippet.bash', program: 'bash', text: snippet('bash'), beats: 3 },
  { name: 'snippet.mjs', program: process.execPath, text: snippet('js'), beats: 1 },
  { name: 'snippet.py', program: 'python3', text: snippet('python'), beats: 1 },
  { name: 'example.sh', program: 'sh', text: EXAMPLE_BEAT, beats: 1 },
]

let listener: HttpListener
let directory: string
let beats = 0
const tokens = createRunTokens(new Uint8Array(32))

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'capstan-snippets-'))
  const route = createHeartbeatRoute({
    verifyRunToken: (token) => tokens.verify(token),
    beat() {
      beats += 1
      return 'Accepted'
    },
  })
  listener = createIntakeListener({ clock: systemClock, log: silentLog, routes: [route] })
  await listener.listen({ host: '127.0.0.1', port: 0 })
})

afterAll(async () => {
  await listener.close()
  rmSync(directory, { recursive: true, force: true })
})

function run({ name, program, text }: Snippet): Promise<string> {
  const file = join(directory, name)
  writeFileSync(file, text)
  const env = {
    PATH: process.env['PATH'],
    CAPSTAN_HEARTBEAT_URL: `http://127.0.0.1:${listener.port}/capstan/heartbeats/${UID}/0/1`,
    CAPSTAN_HEARTBEAT_TOKEN: tokens.tokenOf(UID),
    CAPSTAN_HEARTBEAT_SECONDS: '60',
    CAPSTAN_RUN_UID: UID,
  }
  return new Promise((resolve, reject) => {
    execFile(program, [file], { env }, (error, stdout, stderr) => {
      if (error) reject(error)
      else resolve(`${stdout}${stderr}`)
    })
  })
}

function isThere(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch (error) {
    // Shells that know no --version are there all the same.
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT')
  }
}

test.each(SNIPPETS)('$name beats as the page says', async (one) => {
  expect(one.text).toContain('beat')
  if (!isThere(one.program)) return
  beats = 0
  expect(await run(one)).not.toContain('lost')
  expect(beats).toBe(one.beats)
})
