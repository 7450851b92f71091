import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'

/** Which machine and which code a number is of. */
export function origin(): { readonly machine: string; readonly commit: string } {
  const all = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const machine = `${all.length} × ${all[0]?.model.trim() ?? 'CPU'}, ${memory} GB, Node ${process.versions.node}`
  return { machine, commit: commitName() }
}

function commitName(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
