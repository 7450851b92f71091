import { execFile, spawn } from 'node:child_process'
import { CliError } from '../cli/errors.ts'
import { errorCode } from '../lib/errors.ts'

/** Opens a file in the user's editor. The editor is a command line of its own (`code --wait`), so a shell takes it apart. */
export function openEditor(editor: string, file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
    child.once('error', (error) => reject(new CliError(error.message, { cause: error })))
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** Largest output of kustomize that is taken. */
const MAX_KUSTOMIZATION_BYTES = 64 * 2 ** 20

/** The YAML that kustomize, or kubectl, which has it inside, makes of a folder. */
export async function buildKustomization(directory: string): Promise<string> {
  const builders = [
    ['kustomize', 'build', directory],
    ['kubectl', 'kustomize', directory],
  ] as const
  for (const [program, ...words] of builders) {
    const output = await runBuilder(program, words)
    if (output !== undefined) return output
  }
  throw new CliError('-k needs kustomize or kubectl on the PATH, and neither is there')
}

/** Undefined when there is no such program. */
function runBuilder(program: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const limits = { maxBuffer: MAX_KUSTOMIZATION_BYTES }
    execFile(program, [...words], limits, (error, stdout, stderr) => {
      if (!error) resolve(stdout)
      else if (errorCode(error) === 'ENOENT') resolve(undefined)
      else reject(new CliError(stderr.trim() || error.message, { cause: error }))
    })
  })
}
