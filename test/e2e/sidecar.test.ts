import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { openSandbox, ROOT, runText, type Sandbox } from './program.ts'

interface Instruction {
  readonly name: string
  readonly words: readonly string[]
}

/** One list of instructions for each stage. Instructions of one line, words or a JSON list: what the file uses. */
function readStages(): readonly (readonly Instruction[])[] {
  const stages: Instruction[][] = []
  for (const line of readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split('\n')) {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    if (name === 'FROM') stages.push([])
    const words = rest.startsWith('[') ? (JSON.parse(rest) as string[]) : rest.split(/\s+/)
    if (name !== '') stages.at(-1)?.push({ name, words })
  }
  return stages
}

const stages = readStages()
const build = stages.at(0) ?? []
const image = stages.at(1) ?? []

function find(stage: readonly Instruction[], name: string): readonly string[] {
  return stage.find((instruction) => instruction.name === name)?.words ?? []
}

/** Sources of all COPY instructions, and where they go, with what the build stage makes under its own name. */
function copies(
  stage: readonly Instruction[],
): readonly { from: string; to: string; built: boolean }[] {
  return stage
    .filter(({ name }) => name === 'COPY')
    .flatMap(({ words }) => {
      const built = words.at(0)?.startsWith('--from=') ?? false
      const paths = built ? words.slice(1) : words
      const to = paths.at(-1) ?? ''
      return paths.slice(0, -1).map((from) => ({ from: from.replace(/^\/src\//, ''), to, built }))
    })
}

interface Service {
  readonly command: readonly string[]
  readonly volumes: readonly string[]
  readonly read_only?: boolean
  readonly build: string
}

const compose = parse(readFileSync(join(ROOT, 'deploy/compose.yaml'), 'utf8')) as {
  readonly services: { readonly capstan: Service }
  readonly volumes: Readonly<Record<string, object>>
}

describe('the Dockerfile', () => {
  test('has two stages with the same libc, and the Node that Capstan needs', () => {
    const bases = [build, image].map((stage) => find(stage, 'FROM')[0])
    expect(bases[0]).toBe(bases[1])
    expect(bases[0]).toMatch(/^node:2[4-9]-/)
  })

  test('copies what is there, and what .dockerignore lets through', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')
    for (const { from, built } of [...copies(build), ...copies(image)]) {
      if (built) continue
      expect(existsSync(join(ROOT, from)), from).toBe(true)
      expect(ignored, from).not.toContain(from)
    }
    const built = copies(image).filter((copy) => copy.built)
    expect(built.map(({ from }) => from).toSorted()).toEqual(['dist', 'node_modules'])
  })

  test('runs as a user that owns one volume', () => {
    expect(find(image, 'USER')).not.toContain('root')
    const [volume] = find(image, 'VOLUME')
    const command = find(image, 'CMD')
    expect(command[command.indexOf('--data') + 1]).toBe(volume)
  })
})

describe('the compose file', () => {
  test('builds the image, mounts the checkout that it reads, and writes one volume', () => {
    const { capstan } = compose.services
    expect(existsSync(join(ROOT, 'deploy', capstan.build, 'Dockerfile'))).toBe(true)
    expect(capstan.read_only).toBe(true)
    const mounts = capstan.volumes.map((volume) => volume.split(':'))
    const [, folder = ''] = capstan.command
    expect(mounts.some(([, at = '', mode]) => folder.startsWith(`${at}/`) && mode === 'ro')).toBe(
      true,
    )
    expect(mounts.filter(([, , mode]) => mode !== 'ro')).toEqual([['state', '/state']])
    for (const [volume = ''] of mounts) expect(Object.keys(compose.volumes)).toContain(volume)
  })
})

describe('what the image holds is enough', () => {
  let sandbox: Sandbox

  beforeEach(() => {
    sandbox = openSandbox()
    mkdirSync(sandbox.path('app'))
    for (const { from, to, built } of copies(image)) {
      const target = sandbox.path('app', to === './' ? from : to)
      if (built && from === 'node_modules') symlinkSync(join(ROOT, from), target)
      else cpSync(join(ROOT, from), target, { recursive: true })
    }
    mkdirSync(sandbox.path('state'))
  })

  afterEach(() => sandbox.close())

  test.each([
    ['the Dockerfile', find(image, 'CMD')],
    ['the compose file', compose.services.capstan.command],
  ])('for the command of %s', async (_, command) => {
    sandbox.write('git/1/manifests/hello.yaml', runText('hello', 'echo hello'))
    symlinkSync('1', sandbox.path('git/current'))
    symlinkSync('git/current/manifests', sandbox.path('manifests'))
    const [program = '', ...words] = find(image, 'ENTRYPOINT')
    expect(program).toBe('node')
    const inSandbox = [...words, ...command].map((word) =>
      word.startsWith('/') ? sandbox.path(word.slice(1)) : word,
    )
    const ended = sandbox.launch(process.execPath, [...inSandbox, '--local', '--once'])
    expect(await ended.ended, ended.stderr).toEqual({ code: 0, signal: null })
    expect(ended.stdout).toMatch(/\nhello +Completed +0 +1 /)
    expect(existsSync(sandbox.path('state/capstan.db'))).toBe(true)
  })
})
