import { Counter, Gauge, Registry } from 'prom-client'
import type { RouteExtension } from '../apiserver/api-handler.ts'
import { methodNotAllowed } from '../apiserver/errors.ts'
import type { ApiRequest, ApiResponse } from '../apiserver/request.ts'
import type { ManagedAwsAccounts } from '../aws/accounts.ts'
import type { Assembly } from '../controllers/assembly.ts'
import type { RunStatus } from '../kinds/run.ts'
import type { Change, Store } from '../store/types.ts'

export interface MetricsDeps {
  readonly store: Store
  readonly assembly: Assembly
  readonly aws: ManagedAwsAccounts
  readonly version: string
  /** Of each part of the program: milliseconds since it last did its work; undefined: it has none. */
  readonly agesMs: () => Readonly<Record<string, number | undefined>>
}

export interface Metrics {
  /** `GET /metrics`, for everybody who may use the API. */
  readonly route: RouteExtension
  readonly onAnswer: (method: string, status: number) => void
}

type Labels = Readonly<Record<string, string>>
type Sample = readonly [Labels, number]

/** Everything that Prometheus is told; docs/metrics.md lists it. Most is only read when it is asked for. */
export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry()
  const read = reader(registry)
  processMetrics(read, deps)
  controllerMetrics(read, deps)
  awsMetrics(read, deps)
  heartbeatMetrics(read, deps)
  countAttempts(registry, deps.store)
  const requests = new Counter({
    name: 'capstan_api_requests_total',
    help: 'Requests of the API by method and status code.',
    labelNames: ['method', 'code'],
    registers: [registry],
  })
  return {
    onAnswer: (method, status) =>
      requests.inc({ method: METHODS.includes(method) ? method : 'other', code: status }),
    route: { handle: (request) => (request.path === PATH ? answer(registry, request) : undefined) },
  }
}

async function answer(registry: Registry, { method }: ApiRequest): Promise<ApiResponse> {
  if (method !== 'GET') throw methodNotAllowed()
  const headers = { 'content-type': registry.contentType }
  return { status: 200, headers, body: await registry.metrics() }
}

const PATH = '/metrics'

/** Whoever asks with a word of his own makes no series of his own. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

type Read = (metric: {
  readonly type: 'Gauge' | 'Counter'
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  readonly samples: () => readonly Sample[]
}) => void

/** A metric whose values are kept elsewhere. */
function reader(registry: Registry): Read {
  return ({ type, name, help, labels = [], samples }) => {
    const options = { name, help, labelNames: [...labels], registers: [registry] }
    if (type === 'Gauge') {
      new Gauge({
        ...options,
        collect() {
          this.reset()
          for (const [of, value] of samples()) this.set(of, value)
        },
      })
    } else {
      new Counter({
        ...options,
        collect() {
          this.reset()
          for (const [of, value] of samples()) this.inc(of, value)
        },
      })
    }
  }
}

function processMetrics(read: Read, { version, agesMs }: MetricsDeps): void {
  read({
    type: 'Gauge',
    name: 'capstan_info',
    help: 'Always 1; the version is a label.',
    labels: ['version'],
    samples: () => [[{ version }, 1]],
  })
  read({
    type: 'Gauge',
    name: 'capstan_part_age_seconds',
    help: 'Seconds since a part of the controller last did its work: intake, observer, sources, store.',
    labels: ['part'],
    samples: () =>
      Object.entries(agesMs()).flatMap(([part, ms]): readonly Sample[] =>
        ms === undefined ? [] : [[{ part }, ms / 1000]],
      ),
  })
  read({
    type: 'Gauge',
    name: 'process_resident_memory_bytes',
    help: 'Resident memory.',
    samples: () => [[{}, process.memoryUsage.rss()]],
  })
  read({
    type: 'Counter',
    name: 'process_cpu_seconds_total',
    help: 'User and system time.',
    samples: () => {
      const { user, system } = process.cpuUsage()
      return [[{}, (user + system) / 1e6]]
    },
  })
}

function controllerMetrics(read: Read, { assembly }: MetricsDeps): void {
  const perKind = (value: (stats: ReturnType<Assembly['stats']>['Run']) => number) => () =>
    Object.entries(assembly.stats()).map(([kind, stats]): Sample => [{ kind }, value(stats)])
  read({
    type: 'Counter',
    name: 'capstan_reconciles_total',
    help: 'Reconciles by kind.',
    labels: ['kind'],
    samples: perKind(({ reconciles }) => reconciles),
  })
  read({
    type: 'Counter',
    name: 'capstan_reconcile_errors_total',
    help: 'Reconciles that failed, by kind.',
    labels: ['kind'],
    samples: perKind(({ retryableErrors, terminalErrors }) => retryableErrors + terminalErrors),
  })
  read({
    type: 'Counter',
    name: 'capstan_reconcile_busy_seconds_total',
    help: 'Time spent in reconciles, all workers of a kind together.',
    labels: ['kind'],
    samples: perKind(({ busyMs }) => busyMs / 1000),
  })
  read({
    type: 'Gauge',
    name: 'capstan_queue_keys',
    help: 'Objects that wait for a reconcile, are in one, or are to be looked at later.',
    labels: ['kind', 'state'],
    samples: () =>
      Object.entries(assembly.stats()).flatMap(([kind, stats]): readonly Sample[] =>
        (['ready', 'processing', 'delayed'] as const).map((state) => [
          { kind, state },
          stats[state],
        ]),
      ),
  })
}

function awsMetrics(read: Read, { aws, assembly }: MetricsDeps): void {
  const perBucket =
    (value: (bucket: ReturnType<ManagedAwsAccounts['metrics']>[string][number]) => number) => () =>
      Object.entries(aws.metrics()).flatMap(([account, buckets]) =>
        buckets.map((one): Sample => [{ account, bucket: one.bucket }, value(one)]),
      )
  const labels = ['account', 'bucket']
  read({
    type: 'Counter',
    name: 'capstan_aws_calls_total',
    help: 'Calls that a rate bucket let go.',
    labels,
    samples: perBucket(({ granted }) => granted),
  })
  read({
    type: 'Counter',
    name: 'capstan_aws_throttles_total',
    help: 'Calls that AWS throttled.',
    labels,
    samples: perBucket(({ throttled }) => throttled),
  })
  read({
    type: 'Gauge',
    name: 'capstan_aws_waiting_calls',
    help: 'Calls that wait for a rate bucket.',
    labels,
    samples: perBucket(({ waiting }) => waiting),
  })
  read({
    type: 'Gauge',
    name: 'capstan_aws_rate_factor',
    help: 'Share of the configured rate in use: below 1 after throttling.',
    labels,
    samples: perBucket(({ factor }) => factor),
  })
  read({
    type: 'Gauge',
    name: 'capstan_tasks_watched',
    help: 'Tasks that are looked at.',
    samples: () => [[{}, assembly.observer.size]],
  })
}

function heartbeatMetrics(read: Read, { assembly: { heartbeats } }: MetricsDeps): void {
  read({
    type: 'Gauge',
    name: 'capstan_heartbeat_leases',
    help: 'Living tasks that owe signs of life.',
    samples: () => [[{}, heartbeats.monitor.size]],
  })
  read({
    type: 'Gauge',
    name: 'capstan_heartbeat_hearing_seconds',
    help: 'For how long beats can come in without a break; absent while they cannot.',
    samples: () => {
      const hearingMs = heartbeats.monitor.hearingForMs()
      return hearingMs === undefined ? [] : [[{}, hearingMs / 1000]]
    },
  })
  read({
    type: 'Counter',
    name: 'capstan_heartbeats_total',
    help: 'Beats by how they were answered.',
    labels: ['answer'],
    samples: () =>
      Object.entries(heartbeats.intake.counts()).map(
        ([answer, count]): Sample => [{ answer }, count],
      ),
  })
}

/** Attempts that were launched, and that ended, since the start of the process. */
function countAttempts(registry: Registry, store: Store): void {
  const launches = new Counter({
    name: 'capstan_launches_total',
    help: 'Attempts whose task is known.',
    registers: [registry],
  })
  const ends = new Counter({
    name: 'capstan_attempts_ended_total',
    help: 'Attempts that ended, by class.',
    labelNames: ['class'],
    registers: [registry],
  })
  store.subscribe((changes) => {
    for (const change of changes) {
      if (change.kind !== 'Run' || change.type !== 'MODIFIED') continue
      const before = attemptsOf(change.previous)
      const known = new Map(before.map((attempt) => [attempt.clientToken, attempt]))
      for (const { clientToken, taskArn, class: outcome } of attemptsOf(change.object)) {
        const was = known.get(clientToken)
        if (taskArn !== undefined && was?.taskArn === undefined) launches.inc()
        if (outcome !== undefined && was?.class === undefined) ends.inc({ class: outcome })
      }
    }
  })
}

function attemptsOf(run: Change['object']): NonNullable<RunStatus['attempts']> {
  return (run?.status as RunStatus | undefined)?.attempts ?? []
}
