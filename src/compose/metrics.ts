import type * as Prometheus from 'prom-client'
import type { RouteExtension } from '../apiserver/api-handler.ts'
import { methodNotAllowed } from '../apiserver/errors.ts'
import type { ApiResponse } from '../apiserver/request.ts'
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

/** Everything that Prometheus is told; docs/metrics.md lists it. All of it is only read when it is asked for. */
export function createMetrics(deps: MetricsDeps): Metrics {
  const metrics: Metric[] = []
  const read: Read = (metric) => void metrics.push(metric)
  processMetrics(read, deps)
  controllerMetrics(read, deps)
  awsMetrics(read, deps)
  heartbeatMetrics(read, deps)
  attemptMetrics(read, deps)
  const requests = new Map<string, number>()
  read({
    type: 'Counter',
    name: 'capstan_api_requests_total',
    help: 'Requests of the API by method and status code.',
    labels: ['method', 'code'],
    samples: () =>
      [...requests].map(([key, count]): Sample => {
        const [method = '', code = ''] = key.split(' ')
        return [{ method, code }, count]
      }),
  })
  let registry: Promise<Prometheus.Registry> | undefined
  return {
    onAnswer: (method, status) =>
      countOne(requests, `${METHODS.includes(method) ? method : 'other'} ${status}`),
    route: {
      handle({ path, method }) {
        if (path !== PATH) return undefined
        if (method !== 'GET') throw methodNotAllowed()
        registry ??= openRegistry(metrics)
        return answer(registry)
      },
    },
  }
}

async function answer(opened: Promise<Prometheus.Registry>): Promise<ApiResponse> {
  const registry = await opened
  const headers = { 'content-type': registry.contentType }
  return { status: 200, headers, body: await registry.metrics() }
}

function countOne(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const PATH = '/metrics'

/** Methods with a series of their own; all others are counted as `other`, so that nobody can make new series. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** A metric whose values are kept elsewhere. */
interface Metric {
  readonly type: 'Gauge' | 'Counter'
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  readonly samples: () => readonly Sample[]
}

type Read = (metric: Metric) => void

/** The library is loaded for whoever asks first: most controllers start, and many end, without a scrape. */
async function openRegistry(metrics: readonly Metric[]): Promise<Prometheus.Registry> {
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  for (const { type, name, help, labels = [], samples } of metrics) {
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
  return registry
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
function attemptMetrics(read: Read, { store }: MetricsDeps): void {
  let launches = 0
  const ends = new Map<string, number>()
  store.subscribe((changes) => {
    for (const change of changes) {
      if (change.kind !== 'Run' || change.type !== 'MODIFIED') continue
      const before = attemptsOf(change.previous)
      const known = new Map(before.map((attempt) => [attempt.clientToken, attempt]))
      for (const { clientToken, taskArn, class: outcome } of attemptsOf(change.object)) {
        const was = known.get(clientToken)
        if (taskArn !== undefined && was?.taskArn === undefined) launches += 1
        if (outcome !== undefined && was?.class === undefined) countOne(ends, outcome)
      }
    }
  })
  read({
    type: 'Counter',
    name: 'capstan_launches_total',
    help: 'Attempts whose task is known.',
    samples: () => [[{}, launches]],
  })
  read({
    type: 'Counter',
    name: 'capstan_attempts_ended_total',
    help: 'Attempts that ended, by class.',
    labels: ['class'],
    samples: () => [...ends].map(([outcome, count]): Sample => [{ class: outcome }, count]),
  })
}

function attemptsOf(run: Change['object']): NonNullable<RunStatus['attempts']> {
  return (run?.status as RunStatus | undefined)?.attempts ?? []
}
