import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KubectlWorld, RunOptions } from './kubectl-world.ts'

/** What one command of kubectl must do. Commands of a version run in order, on what those before left. */
export interface Step {
  /** Arguments, split at blanks; `'...'` keeps blanks together. */
  readonly args: string
  readonly options?: RunOptions
  /** What the controller does first. */
  readonly prepare?: (world: KubectlWorld) => void
  /** What it does while the command runs, again and again: `nth` counts. A kubectl that is slow hears of a later one. */
  readonly meanwhile?: (world: KubectlWorld, nth: number) => void
  readonly code?: number
  readonly out?: RegExp | string
  readonly err?: RegExp | string
  /** Only kubectl of at least this minor version does it so. */
  readonly since?: number
  /** Only kubectl of an earlier minor version than this does it so. */
  readonly before?: number
}

const pool = (limit: number, more = ''): string =>
  `apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata: {name: etl, labels: {team: data}}\nspec: {concurrencyLimit: ${limit}${more}}\n`
const run = (name: string, more = ''): string =>
  `apiVersion: capstan.dev/v1\nkind: Run\nmetadata: {${name}}\nspec: {template: {image: busybox${more}}}\n`

const DISCOVERY: readonly Step[] = [
  { args: 'version', out: /Server Version: .*v1\.33\.0\+capstan\.1\.2\.3/ },
  { args: 'api-resources', out: /^workpools +wp +capstan\.dev\/v1 +true +WorkPool$/m },
  { args: 'api-versions', out: /^capstan\.dev\/v1$/m },
  { args: 'get --raw /readyz', out: 'ok' },
  { args: 'get runs', err: 'No resources found in default namespace.' },
  { args: 'get all', err: 'No resources found in default namespace.' },
  { args: 'get nope', code: 1, err: 'the server doesn\'t have a resource type "nope"' },
  { args: 'get ns', out: /^default +Active/m },
  { args: 'get crd', out: /^runs\.capstan\.dev +20/m },
  { args: 'auth can-i create runs', out: 'yes' },
  { args: 'auth can-i --list', out: /^runs\.capstan\.dev .*\[create delete .*watch\]$/m },
  { args: 'auth whoami', out: 'capstan:test', since: 27 },
  { args: 'get runs --as someone', code: 1, err: 'impersonation is not supported' },
  { args: 'explain run.spec', out: 'What is to be run. Immutable once a task was launched' },
  { args: 'explain workpool.spec.concurrencyLimit', out: /concurrencyLimit\s+<integer>/ },
  { args: 'explain run.metadata.labels', out: '<map[string]string>' },
]

const APPLY: readonly Step[] = [
  { args: 'apply -f -', options: { stdin: pool(5) }, out: 'workpool.capstan.dev/etl created' },
  { args: 'apply -f -', options: { stdin: pool(5) }, out: 'workpool.capstan.dev/etl unchanged' },
  { args: 'diff -f -', options: { stdin: pool(6) }, code: 1, out: '+  concurrencyLimit: 6' },
  {
    args: 'apply -f - --dry-run=server',
    options: { stdin: pool(6) },
    out: 'configured (server dry run)',
  },
  { args: 'get wp etl -o jsonpath={.spec.concurrencyLimit}', out: /^5$/ },
  { args: 'apply -f -', options: { stdin: pool(6) }, out: 'configured' },
  { args: 'diff -f -', options: { stdin: pool(6) }, code: 0 },
  {
    args: 'apply -f -',
    options: { stdin: pool(6, ', suspendd: true') },
    code: 1,
    err: /unknown field "(spec\.)?suspendd"/,
  },
  {
    args: 'apply -f - --validate=warn',
    since: 27,
    options: { stdin: pool(6, ', suspendd: true') },
    err: 'Warning: unknown field "spec.suspendd"',
  },
  { args: 'apply -f -', options: { stdin: pool(6) } },
  {
    args: 'apply -f -',
    options: { stdin: pool(-1) },
    code: 1,
    err: 'The WorkPool "etl" is invalid: spec.concurrencyLimit: Invalid value',
  },
  {
    args: 'apply -f -',
    options: { stdin: run('generateName: x-') },
    code: 1,
    err: 'cannot use generate name with apply',
  },
  {
    args: 'apply -f -',
    options: { stdin: 'apiVersion: capstan.dev/v1\nkind: Nope\nmetadata: {name: x}\n' },
    code: 1,
    err: 'no matches for kind "Nope"',
  },
  {
    args: 'apply --server-side -f -',
    options: { stdin: pool(7) },
    out: 'workpool.capstan.dev/etl serverside-applied',
  },
  {
    args: 'apply --server-side -f -',
    options: { stdin: pool(7, ', suspend: true') },
    out: 'serverside-applied',
  },
  { args: 'apply --server-side -f -', options: { stdin: pool(7) }, out: 'serverside-applied' },
  { args: 'get wp etl -o jsonpath={.spec}', out: /^\{"concurrencyLimit":7\}$/ },
  { args: 'scale wp/etl --replicas=9', out: 'workpool.capstan.dev/etl scaled' },
  {
    args: 'apply --server-side -f -',
    options: { stdin: pool(7) },
    code: 1,
    err: /Apply failed with 1 conflict: conflict with "kubectl.*: \.spec\.concurrencyLimit/,
  },
  {
    args: 'apply --server-side --force-conflicts -f -',
    options: { stdin: pool(7) },
    out: 'serverside-applied',
  },
  { args: 'scale wp/etl --replicas=3 --current-replicas=7', out: 'scaled' },
  {
    args: 'scale wp/etl --replicas=4 --current-replicas=7',
    code: 1,
    err: 'xpected replicas to be 7, was 3',
  },
  { args: 'get wp etl --show-managed-fields -o yaml', since: 27, out: 'manager: kubectl' },
  { args: 'get wp', out: /^NAME +LIMIT +ACTIVE +QUEUED +AGE\netl +3 +\d/m },
]

const EDITS: readonly Step[] = [
  { args: 'label wp etl tier=batch', out: 'workpool.capstan.dev/etl labeled' },
  { args: 'annotate wp etl note=hello', out: /annotated?\n$/ },
  { args: 'get wp -l tier=batch,team=data -o name', out: /^workpool\.capstan\.dev\/etl$/m },
  { args: 'get wp -l tier!=batch -o name', out: /^$/ },
  { args: `patch wp etl --type merge -p '{"spec":{"suspend":true}}'`, out: 'patched' },
  { args: `patch wp etl --type merge -p '{"spec":{"suspend":true}}'`, out: 'patched (no change)' },
  {
    args: `patch wp etl --type json -p '[{"op":"remove","path":"/spec/suspend"}]'`,
    out: 'patched',
  },
  {
    args: `patch wp etl -p '{"spec":{"suspend":true}}'`,
    code: 1,
    err: 'application/strategic-merge-patch+json',
  },
  {
    args: `patch wp etl --subresource=status --type merge -p '{"status":{"active":2,"queued":1}}'`,
    since: 27,
    out: 'patched',
  },
  { args: 'get wp etl', since: 27, out: /^etl +3 +2 +1 +\d/m },
  { args: 'get wp etl --subresource=scale', since: 28, out: /etl/ },
  {
    args: 'edit wp etl',
    options: { env: { KUBE_EDITOR: './editor.sh' } },
    out: 'workpool.capstan.dev/etl edited',
  },
  { args: 'get wp etl -o jsonpath={.spec.concurrencyLimit}', out: /^8$/ },
  { args: 'replace -f -', options: { stdin: pool(5) }, out: 'workpool.capstan.dev/etl replaced' },
  { args: 'replace --force -f -', options: { stdin: pool(4) }, out: /replaced/ },
  {
    args: 'create -f -',
    options: { stdin: pool(4) },
    code: 1,
    err: 'workpools.capstan.dev "etl" already exists',
  },
  { args: 'rollout status wp/etl', code: 1, err: /no status viewer|no kind/ },
]

const DONE = {
  state: { type: 'COMPLETED', name: 'Completed', timestamp: '2026-01-01T00:00:00Z' },
  exitCode: 0,
  attempts: [
    {
      number: 1,
      class: 'Success',
      exitCode: 0,
      startedAt: '2026-01-01T00:00:00Z',
      stoppedAt: '2026-01-01T00:01:00Z',
    },
  ],
  conditions: [
    {
      type: 'Complete',
      status: 'True',
      reason: 'Success',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
}

const RUNS: readonly Step[] = [
  {
    args: 'create -f -',
    options: { stdin: run('generateName: gen-') },
    out: /run\.capstan\.dev\/gen-\w{5} created/,
  },
  {
    args: 'apply -f -',
    options: { stdin: run('name: hello', ', env: {A: "1", PATH: null}') },
    out: 'created',
  },
  {
    args: 'apply -f -',
    options: { stdin: run('name: hello', ', env: {A: "1", PATH: null}') },
    out: 'unchanged',
  },
  {
    args: 'apply -f -',
    options: { stdin: run('name: hello', ', env: {A: "2", PATH: null, LANG: null}') },
    out: 'configured',
  },
  {
    args: 'get run hello -o jsonpath={.spec.template.env}',
    out: '{"A":"2","LANG":null,"PATH":null}',
  },
  {
    args: 'wait run/hello --for=condition=Complete --timeout=20s',
    prepare: (world) => setTimeout(() => world.setStatus('Run', 'hello', DONE), 500),
    out: 'run.capstan.dev/hello condition met',
  },
  {
    args: `wait run/hello --for=jsonpath='{.status.state.name}'=Completed --timeout=10s`,
    since: 27,
    out: 'condition met',
  },
  { args: 'get run hello -o wide', out: /^hello +Completed +0 +default +\d+\w+ +1/m },
  { args: 'get runs --sort-by=.metadata.name', out: 'hello' },
  {
    args: 'get runs --field-selector metadata.name=hello -o name',
    out: /^run\.capstan\.dev\/hello$/m,
  },
  {
    args: 'apply -f -',
    options: { stdin: run('name: hello', ', cpu: 512') },
    code: 1,
    err: /The Run "hello" is invalid: spec\.template: Forbidden: a task of this run was launched/,
  },
  { args: 'get all', out: /run\.capstan\.dev\/hello/ },
  { args: 'get runs -A', out: /^default +hello/m },
  {
    args: 'describe run hello',
    prepare: (world) => world.recordEvent('Run', 'hello', 'task started'),
    out: /Events:[\s\S]*Normal +Launched .* capstan +task started/,
  },
  { args: 'get events', out: /run\/hello +task started/ },
  { args: 'events --for run/hello', since: 27, out: 'task started' },
  { args: 'get pods', out: /^hello +0\/1 +Completed +0 +/m },
  { args: 'describe pod hello', out: /State: +Terminated/ },
  {
    args: 'logs hello',
    prepare: (world) =>
      world.lines.push(
        ...['one', 'two', 'three'].map((message, index) => ({
          message,
          timestampMs: index,
          container: 'main',
        })),
      ),
    out: /^one\ntwo\nthree\n$/,
  },
  { args: 'logs hello --tail=1 --timestamps', out: /^1970-01-01T00:00:00\.002000Z three\n$/ },
  { args: 'logs -f hello', out: /^one\ntwo\nthree\n$/ },
  { args: 'logs -l capstan.dev/run=hello', out: /three/ },
  { args: 'logs hello -c nope', code: 1, err: 'container nope is not valid for pod hello' },
  {
    args: 'get runs -w',
    options: { until: /^hello .*\n.*^late /ms },
    prepare: (world) => setTimeout(() => createRun(world, 'late'), 1_500),
    out: /late/,
  },
  {
    args: 'get runs late --watch-only --output-watch-events',
    options: { until: /Completed/ },
    meanwhile: (world, nth) =>
      world.setStatus('Run', 'late', { ...DONE, state: { ...DONE.state, message: `look ${nth}` } }),
    out: /MODIFIED +late +Completed/,
  },
  {
    args: 'delete run hello',
    prepare: (world) => setTimeout(() => world.release('hello'), 1_500),
    out: 'run.capstan.dev "hello" deleted',
  },
  {
    args: 'get run hello',
    code: 1,
    err: 'Error from server (NotFound): runs.capstan.dev "hello" not found',
  },
  { args: 'delete run late --wait=false', out: 'deleted' },
  {
    args: 'wait run/late --for=delete --timeout=20s',
    prepare: (world) => setTimeout(() => world.release('late'), 500),
  },
  { args: 'delete wp --all', out: 'workpool.capstan.dev "etl" deleted' },
]

function createRun(world: KubectlWorld, name: string): void {
  world.store.transaction(() =>
    world.store.objects.create({
      apiVersion: 'capstan.dev/v1',
      kind: 'Run',
      metadata: {
        name,
        namespace: 'default',
        uid: `uid-${name}`,
        creationTimestamp: new Date().toISOString(),
        finalizers: ['capstan.dev/task'],
      },
      spec: { template: { image: 'busybox' } },
    }),
  )
}

const NAMESPACES: readonly Step[] = [
  { args: 'create ns team', out: 'namespace/team created' },
  { args: 'create ns team', code: 1, err: 'namespaces "team" already exists' },
  { args: 'apply -n team -f -', options: { stdin: pool(1) }, out: 'created' },
  {
    args: 'apply -n nowhere -f -',
    options: { stdin: pool(1) },
    code: 1,
    err: 'namespaces "nowhere" not found',
  },
  { args: 'delete ns default', code: 1, err: 'this namespace may not be deleted' },
  { args: 'delete ns team', out: 'namespace "team" deleted' },
  { args: 'get wp -n team', err: 'No resources found in team namespace.' },
]

/** KEP-3659: the id is a hash of the parent's name, namespace, kind and group. */
const APPLYSET_ID = createHash('sha256')
  .update('etl.default.WorkPool.capstan.dev')
  .digest('base64url')
const APPLYSET_PARENT = `apiVersion: capstan.dev/v1
kind: WorkPool
metadata:
  name: etl
  labels: {applyset.kubernetes.io/id: applyset-${APPLYSET_ID}-v1}
  annotations:
    applyset.kubernetes.io/tooling: kubectl/v1.33
    applyset.kubernetes.io/contains-group-resources: ''
    applyset.kubernetes.io/contains-group-kinds: ''
spec: {}
`

/** Kustomize and pruning need nothing of the server but that it is like others. */
const GITOPS: readonly Step[] = [
  { args: 'apply -k overlay', since: 27, out: 'workpool.capstan.dev/prod-etl created' },
  { args: 'get wp prod-etl -o jsonpath={.metadata.labels.env}', since: 27, out: /^prod$/ },
  {
    args: 'apply --prune -l part=x --prune-allowlist=capstan.dev/v1/WorkPool -f parted',
    since: 27,
    out: /a created[\s\S]*b created/,
  },
  {
    args: 'apply --prune -l part=x --prune-allowlist=capstan.dev/v1/WorkPool -f part',
    since: 27,
    out: /a unchanged[\s\S]*b pruned/,
  },
  { args: 'apply -f -', options: { stdin: APPLYSET_PARENT }, out: 'etl created' },
  {
    args: 'apply -n default --prune --applyset=workpools.capstan.dev/etl -f two',
    since: 27,
    options: { env: { KUBECTL_APPLYSET: 'true' } },
    out: /c created[\s\S]*d created/,
  },
  {
    args: 'apply -n default --prune --applyset=workpools.capstan.dev/etl -f one',
    since: 27,
    options: { env: { KUBECTL_APPLYSET: 'true' } },
    out: /c unchanged[\s\S]*d pruned/,
  },
  { args: 'delete wp --all', out: /deleted/ },
]

export const STEPS: Readonly<Record<string, readonly Step[]>> = {
  discovery: DISCOVERY,
  apply: APPLY,
  edits: EDITS,
  runs: RUNS,
  namespaces: NAMESPACES,
  gitops: GITOPS,
}

export function writeFiles(directory: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(join(directory, path, '..'), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  write('editor.sh', '#!/bin/sh\nsed -i.bak "s/concurrencyLimit: 3/concurrencyLimit: 8/" "$1"\n')
  chmodSync(join(directory, 'editor.sh'), 0o755)
  write('base/pool.yaml', pool(5))
  write('base/kustomization.yaml', 'resources: [pool.yaml]\n')
  write(
    'overlay/kustomization.yaml',
    'resources: [../base]\nnamePrefix: prod-\nlabels: [{pairs: {env: prod}}]\n',
  )
  const part = (name: string): string =>
    `apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata: {name: ${name}, labels: {part: x}}\nspec: {}\n`
  write('parted/pools.yaml', [part('a'), part('b')].join('---\n'))
  write('part/pools.yaml', part('a'))
  write('two/pools.yaml', [part('c'), part('d')].join('---\n'))
  write('one/pools.yaml', part('c'))
}
