import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const PROGRAM = join(ROOT, 'bin/capstan.js')

interface Result {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

let directory: string
let controller: ChildProcess

function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return { ...(PATH && { PATH }), ...(HOME && { HOME }) }
}

function capstan(words: readonly string[], input = '', nodeFlags: readonly string[] = []): Result {
  return spawnSync(process.execPath, [...nodeFlags, PROGRAM, ...words], {
    cwd: directory,
    env: environment(),
    input,
    encoding: 'utf8',
  })
}

function runManifest(name: string, script: string): string {
  const command = JSON.stringify(['sh', '-c', script])
  return `apiVersion: capstan.dev/v1
kind: Run
metadata: {name: ${name}}
spec: {template: {image: busybox, command: ${command}}}
`
}

/** Resolves with what the process has said once it has said what is waited for. */
function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const look = (chunk: Buffer): void => {
      output += chunk.toString('utf8')
      if (pattern.test(output)) resolve(output)
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)))
  })
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => child.once('exit', resolve))
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'capstan-e2e-'))
  mkdirSync(join(directory, 'manifests'))
  writeFileSync(join(directory, 'manifests/hello.yaml'), runManifest('hello', 'echo hi there'))
  controller = spawn(process.execPath, [PROGRAM, 'up', 'manifests', '--local'], {
    cwd: directory,
    env: environment(),
  })
  await said(controller, /folder applied/)
})

afterAll(async () => {
  controller.kill('SIGTERM')
  expect(await ended(controller)).toBe(0)
  rmSync(directory, { recursive: true })
})

describe('beside a controller', () => {
  test('from the folder to the output', () => {
    const waited = capstan(['wait', 'run/hello', '--for=condition=Complete', '--timeout=60s'])
    expect(waited).toMatchObject({ status: 0, stdout: 'run.capstan.dev/hello condition met\n' })
    expect(capstan(['logs', 'hello']).stdout).toBe('hi there\n')
    expect(capstan(['get', 'runs']).stdout).toMatch(
      /^NAME +STATE +EXIT +POOL +AGE\nhello +Completed +0 +default +\d+s\n$/,
    )
  })

  test('run exits as the container does', () => {
    const manifest = runManifest('seven', 'echo to stdout; exit 7')
    const result = capstan(['run', '-f', '-', '--logs'], manifest)
    expect(result.stdout).toBe('to stdout\n')
    expect(result.stderr).toContain('run.capstan.dev/seven created\n')
    expect(result.stderr).toContain('exit 7')
    expect(result.status).toBe(7)
  })

  test('cancel stops the task, retry runs it again', () => {
    capstan(['apply', '-f', '-'], runManifest('long', 'test -e go || sleep 600'))
    const cancelled = capstan(['cancel', 'long', '--wait', '--timeout=60s'])
    expect(cancelled.stdout).toBe(
      'run.capstan.dev/long cancel requested\nrun.capstan.dev/long cancelled\n',
    )
    writeFileSync(join(directory, 'go'), '')
    expect(capstan(['retry', 'long', '--wait', '--timeout=60s']).stdout).toContain(
      'run.capstan.dev/long completed\n',
    )
    expect(capstan(['delete', 'run', 'long']).status).toBe(0)
    expect(capstan(['get', 'run', 'long']).status).toBe(1)
  })

  test('the folder is looked at when asked', () => {
    expect(capstan(['reconcile'])).toMatchObject({ status: 0 })
    expect(capstan(['reconcile']).stdout).toContain('manifests reconcile requested\n')
    expect(capstan(['approve']).stderr).toBe('Nothing is held in any folder.\n')
  })

  test('a kubeconfig reaches it over HTTPS', () => {
    const file = join(directory, 'kubeconfig')
    writeFileSync(file, capstan(['kubeconfig']).stdout)
    expect(capstan(['get', 'run/hello', '-o', 'name', '--kubeconfig', file])).toMatchObject({
      status: 0,
      stdout: 'run.capstan.dev/hello\n',
    })
  })

  test('a reader that goes away is no error', () => {
    const line = `"${process.execPath}" "${PROGRAM}" explain run --recursive | head -1`
    const result = spawnSync('sh', ['-c', line], { cwd: directory, encoding: 'utf8' })
    expect(result.stdout).toBe('GROUP:      capstan.dev\n')
    expect(result.stderr).toBe('')
  })

  test('bash completes live names', () => {
    const bin = join(directory, 'bin')
    mkdirSync(bin)
    symlinkSync(PROGRAM, join(bin, 'capstan'))
    const complete = (line: string): string => {
      const script = `source <(capstan completion bash); COMP_WORDS=(capstan); COMP_LINE=$1; COMP_POINT=\${#1}; _capstan; printf '%s\\n' "\${COMPREPLY[@]}"`
      const PATH = `${bin}:${join(process.execPath, '..')}:${process.env['PATH']}`
      const env = { ...environment(), PATH }
      const options = { cwd: directory, encoding: 'utf8', env } as const
      return spawnSync('bash', ['-c', script, 'bash', line], options).stdout
    }
    expect(complete('capstan get run/he')).toBe('run/hello\n')
    expect(complete('capstan logs he')).toBe('hello\n')
    expect(complete('capstan get runs --output=js')).toBe('json\njsonpath=\njsonpath-file=\n')
    expect(complete('capstan recon')).toBe('reconcile\n')
  })
})

describe('up --once', () => {
  test('prints the story and the table, and exits by the outcome', () => {
    const folder = join(directory, 'once')
    mkdirSync(folder)
    writeFileSync(join(folder, 'good.yaml'), runManifest('good', 'true'))
    const words = ['up', folder, '--local', '--once', '--data', join(directory, 'once-data')]
    const good = capstan(words)
    expect(good.stdout).toMatch(
      /^NAME +STATE +EXIT +ATTEMPTS +DURATION\ngood +Completed +0 +1 +\S+\n$/,
    )
    expect(good.stderr).toMatch(/\d\d:\d\d:\d\d {2}good {3}.*Completed {3}exit 0/)
    expect(good.status).toBe(0)
    writeFileSync(join(folder, 'bad.yaml'), runManifest('bad', 'exit 3'))
    const bad = capstan(words)
    expect(bad.stdout).toMatch(/\nbad +Failed +3 +1 /)
    expect(bad.status).toBe(1)
  })
})

describe('alone', () => {
  test('an old Node is one clear line', () => {
    const preload = join(directory, 'old-node.cjs')
    writeFileSync(
      preload,
      "Object.defineProperty(process, 'versions', { value: { node: '20.19.4' } })",
    )
    const result = capstan(['version'], '', ['--require', preload])
    expect(result.status).toBe(1)
    expect(result.stdout).toBe('')
    expect(result.stderr).toMatch(
      /^error: Capstan needs Node\.js 22\.22 or newer, and this is 20\.19\.4: .*npx node@24 .*\n$/,
    )
  })

  test('kubectl runs it as a plugin', () => {
    const plugin = join(directory, 'kubectl-capstan')
    symlinkSync(PROGRAM, plugin)
    const result = spawnSync(process.execPath, [plugin, 'get', '--help'], { encoding: 'utf8' })
    expect(result.stdout).toContain('Usage: kubectl capstan get ')
  })

  test('the examples are valid, and can be rendered without AWS', () => {
    const valid = capstan(['validate', join(ROOT, 'manifests')])
    expect(valid).toMatchObject({ status: 0 })
    const rendered = capstan(['render', join(ROOT, 'manifests/quickstart')])
    expect(rendered).toMatchObject({ status: 0, stderr: '' })
    expect(rendered.stdout).toContain('taskDefinition: <registered at launch>')
  })

  test('a wrong command line says what was meant', () => {
    expect(capstan(['gett', 'runs'])).toEqual(
      expect.objectContaining({
        status: 1,
        stdout: '',
        stderr:
          "error: unknown command 'gett'\n(Did you mean get?)\nSee 'capstan --help' for usage.\n",
      }),
    )
    expect(capstan(['get', 'runs', '--watc'])).toMatchObject({
      status: 1,
      stderr:
        "error: unknown flag: --watc\n(Did you mean --watch?)\nSee 'capstan get --help' for usage.\n",
    })
  })

  test('the endpoint of local serves until it is told to stop', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'local'], {
      cwd: directory,
      env: environment(),
    })
    const output = await said(child, /export AWS_ENDPOINT_URL=/)
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListClusters',
      },
      body: '{}',
    })
    expect(await answer.json()).toHaveProperty('clusterArns')
    child.kill('SIGINT')
    expect(await ended(child)).toBe(0)
  })
})
