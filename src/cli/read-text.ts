import { readFileSync } from 'node:fs'
import { CliError } from './errors.ts'
import { systemReason } from './system-error.ts'

/** The text of a file that the user named. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${systemReason(error)}`, { cause: error })
  }
}
