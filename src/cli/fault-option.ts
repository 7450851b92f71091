import { resolve } from 'node:path'
import type { Options } from './options.ts'

/** `--faults`: a plan stays as it is, the path of one becomes absolute. */
export function readFaults(options: Options, cwd: string): string | undefined {
  const text = options.text('faults')
  return text === undefined || /^\s*[[{]/.test(text) ? text : resolve(cwd, text)
}
