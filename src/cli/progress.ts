import { isFinalState, type RunStatus, type StateType } from '../kinds/run.ts'
import { renderAge } from '../lib/age.ts'
import { parseIsoTime } from '../lib/instant.ts'
import { shortTaskId } from './describe/attempts.ts'
import { escapeTerminal } from './escape-terminal.ts'
import { printTable } from './table.ts'
import { type Colour, paint } from './terminal.ts'

/** A Run at one moment, as far as progress is told of it. */
export interface RunSnapshot {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly status?: RunStatus
}

/**
 * One line for each run that moved between two looks at the same world, in the order of `runs`:
 * `12:01:03  hello   Pending → Running   task 3f2a…`. Times of day are the machine's own.
 */
export function renderProgress(
  previous: readonly RunSnapshot[],
  runs: readonly RunSnapshot[],
  nowMs: number,
  colour = false,
): readonly string[] {
  const before = new Map(previous.map((run) => [keyOf(run), run]))
  const nameWidth = Math.max(0, ...runs.map((run) => run.metadata.name.length))
  return runs.flatMap((run) => {
    const change = renderChange(before.get(keyOf(run)), run, colour)
    if (change === undefined) return []
    return [`${timeOfDay(nowMs)}  ${run.metadata.name.padEnd(nameWidth)}   ${change}`]
  })
}

function keyOf(run: RunSnapshot): string {
  return `${run.metadata.namespace}/${run.metadata.name}`
}

function timeOfDay(nowMs: number): string {
  const date = new Date(nowMs)
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

/** Undefined when nothing happened that a person would want to know. */
function renderChange(
  before: RunSnapshot | undefined,
  run: RunSnapshot,
  colour: boolean,
): string | undefined {
  const state = progressName(run, colour)
  const detail = renderDetail(run)
  if (stateKey(before) !== stateKey(run)) {
    const from = before?.status?.state ? `${progressName(before, colour)} → ` : ''
    return detail === '' ? `${from}${state}` : `${from}${state}   ${detail}`
  }
  const isNews = before?.status?.whyPending !== run.status?.whyPending
  return isNews && run.status?.whyPending ? `${state}   ${run.status.whyPending}` : undefined
}

/** A retry passes through states of the same names, so the attempt belongs to what is compared. */
function stateKey(run: RunSnapshot | undefined): string {
  const name = run?.status?.state ? progressName(run, false) : ''
  return `${name} ${run?.status?.attempts?.at(-1)?.number ?? 1}`
}

const STATE_COLOURS: Readonly<Record<StateType, Colour>> = {
  SCHEDULED: 'gray',
  PENDING: 'gray',
  RUNNING: 'cyan',
  PAUSED: 'yellow',
  CANCELLING: 'yellow',
  CANCELLED: 'yellow',
  COMPLETED: 'green',
  FAILED: 'red',
  CRASHED: 'red',
}

function stateName(run: RunSnapshot, colour: boolean): string {
  const state = run.status?.state
  return state ? paint(STATE_COLOURS[state.type], state.name, colour) : 'New'
}

/** The steps between Pending and Running are ECS's own affair: in progress they are all Pending. */
function progressName(run: RunSnapshot, colour: boolean): string {
  const isPending = run.status?.state?.type === 'PENDING'
  return isPending ? paint(STATE_COLOURS.PENDING, 'Pending', colour) : stateName(run, colour)
}

/** What is worth saying about a run in its state. */
function renderDetail({ status = {} }: RunSnapshot): string {
  const { type, message } = status.state ?? {}
  if (isFinalState(type)) {
    const why = type === 'COMPLETED' ? undefined : message
    return joined(exitText(status), durationText(status), why)
  }
  const isLive = type === 'RUNNING' || type === 'CANCELLING'
  return joined(
    ordinalText(status),
    isLive ? taskText(status) : status.whyPending,
    isLive || status.whyPending === undefined ? message : undefined,
  )
}

function ordinalText({ attempts = [] }: RunStatus): string | undefined {
  const number = attempts.at(-1)?.number ?? 1
  return number > 1 ? `attempt ${number}` : undefined
}

function taskText({ attempts = [] }: RunStatus): string | undefined {
  const taskId = shortTaskId(attempts.at(-1)?.taskArn)
  return taskId === undefined ? undefined : `task ${taskId.slice(0, TASK_ID_SHOWN)}`
}

/** Enough to tell tasks apart and to find one in the console. */
const TASK_ID_SHOWN = 8

function joined(...parts: readonly (string | undefined)[]): string {
  return escapeTerminal(parts.filter((part) => part).join(', '))
}

function exitText(status: RunStatus): string | undefined {
  return status.exitCode === undefined ? undefined : `exit ${status.exitCode}`
}

function durationText(status: RunStatus | undefined): string | undefined {
  const startedAtMs = parseIsoTime(status?.startTime)
  const endedAtMs = parseIsoTime(status?.completionTime)
  if (startedAtMs === undefined || endedAtMs === undefined) return undefined
  return renderDuration(endedAtMs - startedAtMs)
}

/** Below this, tenths of a second still say something. */
const TENTHS_BELOW_MS = 10_000

function renderDuration(durationMs: number): string {
  if (durationMs < 0 || durationMs >= TENTHS_BELOW_MS) return renderAge(durationMs)
  return `${(durationMs / 1000).toFixed(1)}s`
}

/** What `capstan up --once` prints at the end: one row per run, and reasons where there is something to explain. */
export function renderFinalTable(runs: readonly RunSnapshot[], colour = false): string {
  if (runs.length === 0) return 'No runs.\n'
  const showsNamespace = new Set(runs.map((run) => run.metadata.namespace)).size > 1
  const showsReason = runs.some((run) => reasonOf(run) !== '')
  const header = [
    ...(showsNamespace ? ['NAMESPACE'] : []),
    'NAME',
    'STATE',
    'EXIT',
    'ATTEMPTS',
    'DURATION',
    ...(showsReason ? ['REASON'] : []),
  ]
  const rows = runs.map((run) => [
    ...(showsNamespace ? [run.metadata.namespace] : []),
    run.metadata.name,
    stateName(run, colour),
    String(run.status?.exitCode ?? '-'),
    String(run.status?.attempts?.length ?? 0),
    durationText(run.status) ?? '-',
    ...(showsReason ? [reasonOf(run)] : []),
  ])
  return printTable([header, ...rows]).text
}

/** Why a run is not completed; nothing for one that is. */
function reasonOf({ status = {} }: RunSnapshot): string {
  const { state, whyPending } = status
  if (state?.type === 'COMPLETED') return ''
  const message = state?.message ?? ''
  return escapeTerminal(isFinalState(state?.type) ? message : (whyPending ?? message))
}
