import { expect, test } from 'vitest'
import { RUNS } from './resources.ts'
import { parseTargets, type Target, type TargetScope } from './targets.ts'

const HERE: TargetScope = { namespace: 'ns' }

function show(target: Target): string {
  const place = `${target.namespace ?? '*'}/${target.resource.plural}`
  return target.type === 'List' ? place : `${place}/${target.name}`
}

test.each<[string, TargetScope, readonly string[]]>([
  ['runs', HERE, ['ns/runs']],
  ['run', HERE, ['ns/runs']],
  ['Run', HERE, ['ns/runs']],
  ['wp', HERE, ['ns/workpools']],
  ['deploy', HERE, ['ns/deployments']],
  ['runs.capstan.dev', HERE, ['ns/runs']],
  ['runs.v1.capstan.dev', HERE, ['ns/runs']],
  ['runs,deploy', HERE, ['ns/runs', 'ns/deployments']],
  ['all', HERE, ['ns/workpools', 'ns/deployments', 'ns/runs', 'ns/automations']],
  ['runs,all', HERE, ['ns/runs', 'ns/workpools', 'ns/deployments', 'ns/automations']],
  ['runs', { namespace: 'ns', allNamespaces: true }, ['*/runs']],
  ['namespaces', HERE, ['*/namespaces']],
  ['run hello', HERE, ['ns/runs/hello']],
  ['run a b', HERE, ['ns/runs/a', 'ns/runs/b']],
  ['run/a deploy/b', HERE, ['ns/runs/a', 'ns/deployments/b']],
  ['ns/default', HERE, ['*/namespaces/default']],
  ['hello', { namespace: 'ns', defaultResource: RUNS }, ['ns/runs/hello']],
  ['deploy x', { namespace: 'ns', defaultResource: RUNS }, ['ns/deployments/x']],
])('%s', (line, scope, expected) => {
  expect(parseTargets(line.split(' '), scope).map(show)).toEqual(expected)
})

test.each<[string, TargetScope, string]>([
  ['', HERE, 'you must name what is meant: KIND'],
  ['', { ...HERE, defaultResource: RUNS }, 'you must name what is meant: a run by its name, KIND'],
  ['rnus', HERE, `doesn't have a resource type "rnus" (did you mean "runs"?)`],
  ['frobnicator', HERE, `doesn't have a resource type "frobnicator": it has workpools, `],
  ['all/x', HERE, '"all" stands for several kinds: name one of them'],
  ['run/a b', HERE, 'there is no need to specify a resource type as a separate argument'],
  ['run/a/b', HERE, '"run/a/b" is not KIND/NAME'],
  ['run/', HERE, '"run/" is not KIND/NAME'],
  ['run a', { namespace: 'ns', hasSelector: true }, 'name cannot be provided when a selector'],
  ['run a', { namespace: 'ns', allNamespaces: true }, 'cannot be retrieved by name across all'],
])('"%s" is refused', (line, scope, message) => {
  const words = line === '' ? [] : line.split(' ')
  expect(() => parseTargets(words, scope)).toThrow(message)
})
