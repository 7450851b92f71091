import type { CapstanObject, Kind } from '../../kinds/meta.ts'
import { renderAge } from '../../lib/age.ts'
import type { Store } from '../../store/types.ts'
import type { Cell, CellContext, Column } from '../columns.ts'
import { type Html, type HtmlTable, renderPage, renderSection } from '../html.ts'
import type { ApiContext, HealthCheck } from '../ports.ts'
import type { ApiResponse } from '../request.ts'
import { KIND_RESOURCES } from '../resources.ts'
import { cellContext } from '../respond.ts'

/** Where the page is. */
export const STATUS_PATH = '/status'

/** Rows of one table: the page gives an impression, lists are for `kubectl get`. */
const MAX_ROWS = 100
/** Events that are looked through for warnings. */
const MAX_EVENTS = 500
const REFRESH_SECONDS = 10

/** Nothing of the page runs, loads or sends anything, and nobody may put it into a frame. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

/** `GET /status`: how the controller and its objects are, for a browser, as of one moment. */
export function statusPage(context: ApiContext): ApiResponse {
  const { store, version } = context
  const cells = cellContext(context)
  const title = `Capstan ${version}, controller ${store.identity.controllerName()}`
  const sections = [
    checks(context.health.ready()),
    folders(store, cells.nowMs),
    objects('Work pools', listed(store, 'WorkPool'), cells),
    objects('Runs that are not over', unfinished(store), cells),
    objects('Deployments', listed(store, 'Deployment'), cells),
    objects('Automations', listed(store, 'Automation'), cells),
    ended(store, cells.nowMs),
    warnings(store, cells.nowMs),
  ]
  return { status: 200, headers: HEADERS, body: renderPage(title, sections, REFRESH_SECONDS) }
}

function checks(health: readonly HealthCheck[]): Html {
  const rows = health.map(({ name, ok, message }) => [name, ok ? 'ok' : 'failed', message ?? ''])
  return renderSection('Checks', { header: ['Check', 'State', 'Message'], rows }, 'None.')
}

function folders(store: Store, nowMs: number): Html {
  const rows = store.sources.list().map(({ id, revision, appliedAtMs, held }) => {
    const waits = typeof held?.['message'] === 'string' ? held['message'] : ''
    return [id, revision, store.sources.countObjects(id), ago(appliedAtMs, nowMs), waits]
  })
  const header = ['Folder', 'Revision', 'Objects', 'Applied', 'Waits for approval']
  return section('Folders', { header, rows }, rows.length)
}

interface Found {
  readonly kind: Kind
  readonly items: readonly CapstanObject[]
  /** How many there are in all. */
  readonly count: number
}

function listed(store: Store, kind: Kind): Found {
  return {
    kind,
    items: store.objects.list({ kind, limit: MAX_ROWS }),
    count: store.objects.count(kind),
  }
}

function unfinished(store: Store): Found {
  const keys = store.objects.unfinishedRunKeys(MAX_ROWS)
  const items = keys.flatMap((key) => store.objects.get(key) ?? [])
  return { kind: 'Run', items, count: store.objects.countUnfinishedRuns() }
}

/** The columns of `kubectl get -A -o wide`. */
function objects(title: string, { kind, items, count }: Found, cells: CellContext): Html {
  const { columns } = KIND_RESOURCES[kind]
  const header = ['Namespace', ...columns.map(({ name }) => name)]
  const rows = items.map((object) => [
    object.metadata.namespace,
    ...columns.map((column) => cellOf(column, object, cells)),
  ])
  return section(title, { header, rows }, count)
}

function cellOf(column: Column, object: CapstanObject, cells: CellContext): Cell {
  const cell = column.cell(object, cells)
  return cell === '<none>' ? '' : cell
}

function ended(store: Store, nowMs: number): Html {
  const rows = store.history
    .list({ limit: MAX_ROWS })
    .map((run) => [
      run.namespace,
      run.name,
      run.stateName,
      run.exitCode ?? '',
      run.deployment ?? '',
      ago(run.finishedAtMs, nowMs),
      run.message ?? '',
    ])
  const header = ['Namespace', 'Name', 'State', 'Exit', 'Deployment', 'Ended', 'Reason']
  return section('Runs that ended last', { header, rows }, rows.length)
}

function warnings(store: Store, nowMs: number): Html {
  const rows = store.events
    .list({ limit: MAX_EVENTS })
    .filter(({ type }) => type === 'Warning')
    .slice(-MAX_ROWS)
    .toReversed()
    .map(({ regarding, reason, message, lastAtMs }) => [
      regarding.namespace,
      `${regarding.kind}/${regarding.name}`,
      reason,
      ago(lastAtMs, nowMs),
      message,
    ])
  const header = ['Namespace', 'Object', 'Reason', 'Last seen', 'Message']
  return section('Warnings', { header, rows }, rows.length)
}

function section(title: string, table: HtmlTable, count: number): Html {
  const shown = table.rows.length
  const heading = count > shown ? `${title} (${shown} of ${count})` : title
  return renderSection(heading, table, 'None.')
}

function ago(atMs: number, nowMs: number): string {
  return `${renderAge(Math.max(0, nowMs - atMs))} ago`
}
