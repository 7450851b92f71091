import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Client } from './client.ts'
import { startWorld } from './kubectl-world.ts'

const SCRIPT = join(import.meta.dirname, 'python-checks.py')
/** `python3 -m venv` of one's own for it, where the machine's Python lacks the client. */
const OWN_PYTHON = join(import.meta.dirname, '../../node_modules/.cache/python-client/bin/python3')
/** Longest that all checks together may take. */
const LIMIT_MS = 120_000

interface Finding {
  readonly name: string
  readonly problem: string | null
}

/** The official Python client, where one is installed. */
export function pythonClient(): Client {
  const name = 'kubernetes (Python)'
  const python = [process.env['CAPSTAN_TEST_PYTHON'] ?? '', OWN_PYTHON, 'python3'].find(hasClient)
  if (python === undefined) {
    const missing =
      'no python3 with the package kubernetes: pip install kubernetes, or name one with CAPSTAN_TEST_PYTHON'
    return { name, missing, checks: [], open: () => Promise.reject(new Error(missing)) }
  }
  const version = ask(python, ['-c', 'import kubernetes; print(kubernetes.__version__)'])
  return {
    name: `${name} ${version}`,
    checks: JSON.parse(ask(python, [SCRIPT, '--list'])) as readonly string[],
    async open() {
      const world = await startWorld()
      world.recordRun('logged')
      world.lines.push({ timestampMs: 0, message: 'a line', container: 'main' })
      const findings = await runChecks(python, join(world.directory, 'kubeconfig'))
      return {
        async check(wanted) {
          const finding = findings.find((candidate) => candidate.name === wanted)
          if (finding?.problem !== null) throw new Error(finding?.problem ?? 'it was not run')
          await Promise.resolve()
        },
        close: () => world.close(),
      }
    },
  }
}

function hasClient(python: string): boolean {
  if (python === '' || (python.includes('/') && !existsSync(python))) return false
  return spawnSync(python, ['-c', 'import kubernetes.dynamic']).status === 0
}

function ask(python: string, args: readonly string[]): string {
  return spawnSync(python, args, { encoding: 'utf8' }).stdout.trim()
}

async function runChecks(python: string, kubeconfig: string): Promise<readonly Finding[]> {
  const { stdout } = await promisify(execFile)(python, [SCRIPT, kubeconfig], { timeout: LIMIT_MS })
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Finding)
}
