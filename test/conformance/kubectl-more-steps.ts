import type { Step } from './kubectl-steps.ts'

const POOL =
  'apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata: {name: more, labels: {a: b}}\nspec: {concurrencyLimit: 1}\n'
const NAMESPACE =
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: labelled, labels: {team: data}, annotations: {owner: ada}}\n'

const FORMATS: readonly Step[] = [
  { args: 'create -f -', options: { stdin: POOL }, out: 'workpool.capstan.dev/more created' },
  { args: 'get wp more -o yaml', out: /^ {2}concurrencyLimit: 1$/m },
  { args: 'get wp more -o json', out: /"concurrencyLimit": 1/ },
  { args: 'get wp -o name', out: 'workpool.capstan.dev/more' },
  { args: 'get wp -o wide', out: /^more +1 /m },
  { args: 'get wp --no-headers', out: /^more +1 /m },
  { args: 'get wp --show-labels', out: /a=b$/m },
  { args: 'get wp -L a', out: /^NAME.* A\n(.*\n)*more .* b$/m },
  {
    args: 'get wp more -o custom-columns=N:.metadata.name,L:.spec.concurrencyLimit',
    out: /^more +1$/m,
  },
  { args: `get wp -o jsonpath='{range .items[*]}{.metadata.name}{end}'`, out: 'more' },
  { args: `get wp more -o go-template='{{.spec.concurrencyLimit}}'`, out: /^1$/ },
  { args: 'get wp --chunk-size=1 -o name', out: 'workpool.capstan.dev/more' },
  { args: 'get wp,deploy,runs,auto', out: 'workpool.capstan.dev/more' },
  { args: 'get capstan', out: 'workpool.capstan.dev/more' },
  { args: 'get wp --ignore-not-found nope', out: /^$/ },
  { args: 'api-resources --api-group=capstan.dev -o wide', since: 27, out: /deploymen.*\[?all/ },
  { args: 'explain run --recursive', since: 27, out: /taskDefinitionArn/ },
  { args: 'explain automations.spec', out: /trigger/ },
  { args: 'get --raw /livez', out: 'ok' },
  { args: 'get --raw /apis/capstan.dev/v1/workpools?limit=1', out: '"kind":"WorkPoolList"' },
  { args: 'version -o json', out: /"gitVersion": "v1\.33\.0\+capstan/ },
]

const REVIEWS: readonly Step[] = [
  { args: 'auth can-i update workpools --subresource=status', out: 'yes' },
  { args: 'auth can-i delete workpools --subresource=status', code: 1, out: 'no' },
  {
    args: 'auth can-i create pods',
    code: 1,
    out: /^no - of pods this API serves get, list, watch alone$/m,
  },
  { args: 'auth can-i get pods --subresource=log', out: 'yes' },
  { args: "auth can-i '*' '*'", out: 'yes' },
  { args: 'auth can-i get /metrics', out: 'yes' },
  { args: 'auth can-i patch runs -n default', out: 'yes' },
]

const LABELLED: readonly Step[] = [
  { args: 'apply -f -', options: { stdin: NAMESPACE }, out: 'namespace/labelled created' },
  { args: 'get ns -l team=data -o name', out: /^namespace\/labelled$/m },
  { args: 'get ns labelled -o jsonpath={.metadata.annotations.owner}', out: /^ada$/ },
  { args: 'label ns labelled tier=gold', out: 'namespace/labelled labeled' },
  {
    args: 'get ns labelled --show-labels',
    out: /kubernetes.io\/metadata.name=labelled,team=data,tier=gold/,
  },
  { args: 'annotate ns labelled note=x', out: /annotated?\n$/ },
  {
    args: 'apply -f -',
    options: { stdin: NAMESPACE.replace('owner: ada', 'owner: bob') },
    out: 'namespace/labelled configured',
  },
  {
    args: 'apply -f -',
    options: { stdin: NAMESPACE.replace('owner: ada', 'owner: bob') },
    out: 'namespace/labelled unchanged',
  },
  { args: 'get ns labelled -o jsonpath={.metadata.annotations.owner}', out: /^bob$/ },
  { args: 'label ns labelled tier-', out: 'namespace/labelled' },
  { args: 'describe ns labelled', out: /team=data/ },
  { args: 'delete ns labelled', out: 'namespace "labelled" deleted' },
]

const DELETING: readonly Step[] = [
  { args: 'delete wp more --dry-run=server', out: /deleted \(server dry run\)/ },
  { args: 'delete wp more --cascade=foreground', out: 'deleted' },
  { args: 'create -f -', options: { stdin: POOL }, out: 'created' },
  { args: 'delete wp more --cascade=orphan', out: 'deleted' },
  { args: 'create -f -', options: { stdin: POOL }, out: 'created' },
  { args: 'delete wp -l a=b', out: '"more" deleted' },
  { args: 'delete wp more', code: 1, err: 'workpools.capstan.dev "more" not found' },
  { args: 'delete wp more --ignore-not-found', code: 0 },
]

/** What cannot work: kubectl itself refuses, or the API says why. */
const REFUSED: readonly Step[] = [
  { args: 'rollout restart deploy/x', code: 1 },
  { args: 'set image deploy/x a=b', code: 1 },
  { args: 'exec nope -- ls', code: 1, err: 'not found' },
  { args: 'create deployment x --image=y', code: 1 },
  { args: 'run x --image=y', code: 1 },
]

/** What every version of kubectl does besides. */
export const MORE_STEPS: Readonly<Record<string, readonly Step[]>> = {
  formats: FORMATS,
  reviews: REVIEWS,
  labelled: LABELLED,
  deleting: DELETING,
  refused: REFUSED,
}
