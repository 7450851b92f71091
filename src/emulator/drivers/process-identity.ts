import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * A process as a later process of the host can recognise it: pid numbers are used again, so the
 * moment of its start belongs to it.
 */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot (Linux), or the text of `ps` elsewhere. */
  readonly startedAt: string
}

/** Whether exactly this process still runs. A zombie does not. */
export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  const found = identify(pid)
  return found !== undefined && found.startedAt === startedAt
}

/** The identity of a running process; undefined when there is none of that number. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt =
    process.platform === 'linux' ? startTicks(readProc(pid, 'stat')) : startText(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

/** The process that has `argument` among its arguments, for one that could not yet tell who it is. Linux only. */
export function findByArgument(argument: string): ProcessIdentity | undefined {
  if (process.platform !== 'linux') return undefined
  const pid = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => readProc(name, 'cmdline').split('\0').includes(argument))
  return pid === undefined ? undefined : identify(Number(pid))
}

/** Reads what a process wrote of itself: its line of /proc/PID/stat, or its bare pid. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  const pid = Number(/^(\d+)/.exec(text)?.[1])
  if (!(pid > 1)) return undefined
  if (process.platform !== 'linux') return identify(pid)
  const startedAt = startTicks(text)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

function readProc(pid: number | string, file: 'stat' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** Place of the state and of the start time among the fields after the program's name. */
const STATE_FIELD = 0
const START_FIELD = 19

/** The name stands in brackets and may hold anything, so fields are counted from the last bracket. */
function startTicks(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[STATE_FIELD] === 'Z' ? undefined : fields[START_FIELD]
}

function startText(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
    return text.trim() || undefined
  } catch {
    return undefined
  }
}
