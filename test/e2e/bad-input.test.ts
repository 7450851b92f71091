import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { delimiter, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  eventually,
  findRun,
  openSandbox,
  type Program,
  readApi,
  runText,
  type Sandbox,
} from './program.ts'

const isRoot = process.getuid?.() === 0

let sandbox: Sandbox

interface BadFile {
  readonly what: string
  /** Puts it into the folder. */
  readonly make: (path: string) => void
  /** What is said of it, after its path. */
  readonly says: RegExp
  /** Root is refused nothing. */
  readonly onlyFor?: 'users'
}

const text = (lines: string) => (path: string) => writeFileSync(path, lines)

/** Nine levels of nine: 387 million values out of a kilobyte. */
const ALIAS_BOMB = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 8 }, (_, index) => {
    const aliases = Array.from({ length: 9 }, () => `*a${index}`)
    return `a${index + 1}: &a${index + 1} [${aliases.join(', ')}]`
  }),
].join('\n')

const BAD_FILES: readonly BadFile[] = [
  {
    what: 'an unknown field',
    make: text(runText('bad', 'true').replace('image', 'imag')),
    says: /:7:5: spec\.template\.imag: unknown field 'imag'; did you mean 'image'\?\n {2}7 \| {5}imag: busybox\n {4}\| {5}\^/,
  },
  {
    what: 'a wrong type',
    make: text(runText('bad', 'true', '    cpu: lots\n')),
    says: /:9:10: spec\.template\.cpu: expected a whole number, found text\n {2}9 \| {5}cpu: lots\n {4}\| {10}\^/,
  },
  {
    what: 'a duplicate key',
    make: text(runText('bad', 'true', '    image: alpine\n')),
    says: /:9:5: .*image.*/,
  },
  {
    what: 'tab indentation',
    make: text(runText('bad', 'true').replaceAll('  ', '\t')),
    says: /:4:1: .*[Tt]ab/,
  },
  {
    what: 'an alias bomb',
    make: text(`${runText('bad', 'true')}\n---\n${ALIAS_BOMB}\n`),
    says: /:\d+:\d+: .*alias/,
  },
  {
    what: 'a file of 5 MB',
    make: text(`${runText('bad', 'true')}#${'x'.repeat(5_000_000)}\n`),
    says: /: .*(?:256 KiB|bytes)/,
  },
  {
    what: 'a binary file',
    make: (path) =>
      writeFileSync(
        path,
        Uint8Array.from({ length: 4096 }, (_, index) => index % 256),
      ),
    says: /:\d+:\d+: .*(?:UTF-8|character)/,
  },
  {
    what: 'an object that another file has',
    make: text(runText('steady', 'echo another >> marks')),
    says: /:\d+:\d+: .*steady\.yaml/,
  },
  {
    what: 'a symbolic link out of the folder',
    make: (path) => symlinkSync(sandbox.write('outside.yaml', runText('bad', 'true')), path),
    says: /: a symbolic link is not followed/,
  },
  {
    what: 'a FIFO',
    make: (path) => execFileSync('mkfifo', [path]),
    says: /: this is a FIFO, a socket or a device, which is not read/,
  },
  {
    what: 'an unreadable file',
    make: (path) => {
      writeFileSync(path, runText('bad', 'true'))
      chmodSync(path, 0)
    },
    says: /: this file may not be read/,
    onlyFor: 'users',
  },
  {
    what: 'an empty document and a list',
    make: text('---\n---\n- one\n'),
    says: /:3:1: /,
  },
]

describe('in the folder', () => {
  let controller: Program

  beforeAll(async () => {
    sandbox = openSandbox()
    sandbox.write('manifests/steady.yaml', runText('steady', 'echo begun >> marks; sleep 600'))
    const words = ['up', 'manifests', '--local', '--listen', 'none', '--log-format', 'json']
    controller = sandbox.start(words)
    await eventually(() => expect(marks()).toBe('begun\n'))
  })

  afterAll(async () => {
    expect(await controller.stop()).toEqual({ code: 0, signal: null })
    await sandbox.close()
  })

  test.for(BAD_FILES.map((row, index) => ({ ...row, index })))(
    '$what is one clear problem, and the rest goes on',
    async ({ make, says, onlyFor, index }, { skip }) => {
      if (onlyFor === 'users' && isRoot) skip('root may read everything')
      const name = `bad-${index}.yaml`
      const path = sandbox.path('manifests', name)
      make(path)
      const said = await eventually(async () => {
        const problems = await problemsOf(name)
        expect(problems).toHaveLength(1)
        return problems[0] ?? ''
      })
      expect(said).toMatch(says)
      sandbox.write(`manifests/after-${index}.yaml`, runText(`after-${index}`, 'true'))
      await eventually(async () => {
        expect((await findRun(sandbox, `after-${index}`))?.status?.state?.type).toBe('COMPLETED')
      })
      expect(await findRun(sandbox, 'bad')).toBeUndefined()
      expect(await findRun(sandbox, 'steady')).toMatchObject({
        status: { state: { type: 'RUNNING' }, attempts: [{ number: 1 }] },
      })
      expect(marks()).toBe('begun\n')
      rmSync(path, { force: true })
      await eventually(async () => expect(await problemsOf(name)).toEqual([]))
    },
  )

  /** What the log says of the file, while the folder's status has a problem of it. */
  async function problemsOf(file: string): Promise<readonly string[]> {
    const answer = await readApi(sandbox, '/capstan/sources')
    const { items } = answer as unknown as { items: readonly { problems: readonly Problem[] }[] }
    const present = items
      .flatMap(({ problems }) => problems)
      .filter((problem) => problem.file === file)
    const logged = controller.stderr
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .flatMap((line) => (JSON.parse(line) as { problem?: string }).problem ?? [])
      .filter((problem) => problem.startsWith(sandbox.path('manifests', file)))
    return present.flatMap((problem) => logged.filter((line) => line.includes(problem.message)))
  }
})

interface Problem {
  readonly file: string
  readonly message: string
}

function marks(): string {
  const path = sandbox.path('marks')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

describe('at the start', () => {
  beforeEach(() => {
    sandbox = openSandbox()
    sandbox.write('manifests/hello.yaml', runText('hello', 'echo ran >> marks'))
  })

  afterEach(() => sandbox.close())

  /** The program ends with this one sentence, exit code 1, and has run nothing. */
  async function refuses(words: readonly string[], sentence: RegExp, env = {}): Promise<void> {
    const { code, stdout, stderr } = await sandbox.run(words, { env })
    const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
    expect(said.filter((line) => !line.startsWith("See 'capstan"))).toEqual([
      expect.stringMatching(sentence),
    ])
    expect(said[0]).toMatch(/^error: /)
    expect(stdout).toBe('')
    expect(code).toBe(1)
    expect(marks()).toBe('')
  }

  const UP = ['up', 'manifests', '--local', '--listen', 'none'] as const

  test('a folder that is not there', async () => {
    await refuses(
      ['up', 'nowhere', '--local'],
      /the folder "nowhere" cannot be read: .*no such file/,
    )
    expect(existsSync(sandbox.path('.capstan'))).toBe(false)
  })

  test('a file for a folder', async () => {
    await refuses(
      ['up', 'manifests/hello.yaml', '--local'],
      /is a file: name the folder that it is in/,
    )
  })

  test('a data directory that cannot be written', async ({ skip }) => {
    mkdirSync(sandbox.path('fixed'))
    const isFixed = isRoot ? works('chattr', '+i', sandbox.path('fixed')) : true
    if (!isRoot) chmodSync(sandbox.path('fixed'), 0o555)
    if (!isFixed) skip('root may write everywhere, and chattr +i does not work here')
    try {
      await refuses([...UP, '--data', 'fixed/data'], /fixed\/data cannot be made/)
      await refuses(
        [...UP, '--data', 'fixed'],
        /fixed.* cannot be (?:written|opened)|fixed.*read-only/,
      )
    } finally {
      if (isRoot) works('chattr', '-i', sandbox.path('fixed'))
    }
  })

  test('a data directory that is a file', async () => {
    sandbox.write('file', 'text')
    await refuses(
      [...UP, '--data', 'file'],
      /file is not a directory: choose another data directory/,
    )
    await refuses([...UP, '--data', 'file/data'], /file\/data cannot be made/)
  })

  test('a data directory in a folder that is not there', async () => {
    await refuses([...UP, '--data', 'a/b'], /a\/b cannot be made because .*\/a does not exist/)
  })

  test('a database that is none', async () => {
    sandbox.write('data/capstan.db', 'something else\n'.repeat(1_000))
    await refuses([...UP, '--data', 'data'], /capstan\.db/)
    expect(readFileSync(sandbox.path('data/capstan.db'), 'utf8')).toMatch(/^something else/)
  })

  test('a --listen address that is none', async () => {
    await refuses(
      ['up', 'manifests', '--local', '--listen', 'somewhere'],
      /invalid argument "somewhere"/,
    )
  })

  test('neither credentials nor --local', async () => {
    await refuses(['up', 'manifests'], /credentials.*--local/)
    await refuses(['up', 'manifests'], /--local/, { AWS_REGION: 'eu-central-1' })
  })

  test('credentials without a region', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'hunter2' }
    await refuses(['up', 'manifests'], /AWS_REGION/, env)
  })

  test('a profile that is not there', async () => {
    await refuses(['up', 'manifests'], /profile/, {
      AWS_PROFILE: 'nobody',
      AWS_REGION: 'us-east-1',
    })
  })

  test('a port that someone else has', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    try {
      const words = ['up', 'manifests', '--local', '--listen', `127.0.0.1:${port}`]
      await refuses(words, new RegExp(`in use 127\\.0\\.0\\.1:${port}: .*another --listen address`))
    } finally {
      other.close()
    }
  })

  test('an older Node', async ({ skip }) => {
    const node = findOldNode()
    if (node === undefined) skip('this machine has no Node older than 22.22')
    for (const words of [UP, ['version'], []]) {
      const { code, stdout, stderr } = await sandbox.run(words, { node: node ?? '' })
      expect(stderr).toMatch(
        /^error: Capstan needs Node\.js 22\.22 or newer, and this is \d+\.\d+\.\d+: .*\n$/,
      )
      expect(stdout).toBe('')
      expect(code).toBe(1)
    }
  })
})

describe('beside another controller', () => {
  let first: Program

  beforeAll(async () => {
    sandbox = openSandbox()
    sandbox.write('manifests/steady.yaml', runText('steady', 'echo begun >> marks; sleep 600'))
    first = sandbox.start(['up', 'manifests', '--local', '--listen', 'none'])
    await eventually(() => expect(marks()).toBe('begun\n'))
    sandbox.write('other/hello.yaml', runText('hello', 'echo second >> marks'))
  })

  afterAll(() => sandbox.close())

  const SECOND = ['up', 'other', '--local', '--listen', 'none'] as const

  test.each([
    {
      what: 'its data directory',
      words: SECOND,
      says: /\/\.capstan is in use by another controller \(pid \d+ on \S+\): stop it, or give this controller another data directory$/,
    },
    {
      what: 'its socket',
      words: [...SECOND, '--data', 'second', '--socket', '.capstan/capstan.sock'],
      says: /another process listens on .*\/\.capstan\/capstan\.sock: stop it, or choose another --socket$/,
    },
  ])('$what is refused, and the first one goes on', async ({ words, says }) => {
    const { code, stderr } = await sandbox.run(words)
    const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
    expect(said).toEqual([expect.stringMatching(says)])
    expect(said[0]).toMatch(/^error: /)
    expect(code).toBe(1)
    expect(await findRun(sandbox, 'steady')).toMatchObject({
      status: { state: { type: 'RUNNING' } },
    })
    expect((await sandbox.run(['get', 'runs', '-o', 'name'])).stdout).toBe(
      'run.capstan.dev/steady\n',
    )
    expect(marks()).toBe('begun\n')
  })

  test('the place is free when the first one ends', async () => {
    expect(await first.stop()).toEqual({ code: 0, signal: null })
    const second = sandbox.start(SECOND)
    await eventually(() => expect(marks()).toBe('begun\nsecond\n'))
    expect(await second.stop()).toEqual({ code: 0, signal: null })
  })
})

function works(file: string, ...words: readonly string[]): boolean {
  return spawnSync(file, words, { stdio: 'ignore' }).status === 0
}

/** A node of this machine that is older than Capstan wants. */
function findOldNode(): string | undefined {
  const paths = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  return paths.find((path) => {
    const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
    const version = /^v(\d+)\.(\d+)/.exec(stdout)
    return version !== null && Number(version[1]) * 1_000 + Number(version[2]) < 22_022
  })
}
