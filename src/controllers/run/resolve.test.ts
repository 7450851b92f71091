import { describe, expect, test } from 'vitest'
import type { ResolveChecks } from '../../kinds/resolve.ts'
import type { RunSources } from './observe.ts'
import { createResolver } from './resolve.ts'

function aResolver() {
  let made = 0
  const checks: ResolveChecks = {
    template: () => {
      made += 1
      return []
    },
    values: () => [],
  }
  return { resolve: createResolver(checks), made: () => made }
}

function sourcesOf(different: Partial<RunSources> = {}): RunSources {
  const metadata = {
    name: 'a',
    namespace: 'default',
    uid: 'uid-a',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  const base = { apiVersion: 'capstan.dev/v1', metadata } as const
  return {
    run: { ...base, kind: 'Run', spec: { template: { image: 'busybox' } } },
    workPool: { ...base, kind: 'WorkPool', spec: { template: { cpu: 256 } } },
    workPoolName: 'default',
    deployment: { ...base, kind: 'Deployment', spec: { template: { memory: 512 } } },
    ...different,
  } as RunSources
}

test('the template of a run whose status is another one is not made again', () => {
  const { resolve, made } = aResolver()
  const sources = sourcesOf()
  const first = resolve(sources, 1)
  const { run } = sources
  const later = { ...run, metadata: { ...run.metadata, resourceVersion: '2' }, status: {} }
  expect(resolve({ ...sources, run: later }, 1)).toBe(first)
  expect(made()).toBe(1)
})

describe('it is made anew', () => {
  const { run } = sourcesOf()
  const other = sourcesOf({ run })
  test.each<readonly [string, RunSources, number]>([
    ['for a new spec of the run', { ...other, run: { ...run, spec: { ...run.spec } } }, 1],
    ['for another run', { ...other, run: { ...run, metadata: { ...run.metadata, uid: 'b' } } }, 1],
    ['for another attempt', other, 2],
    ['without its pool', { ...other, workPool: undefined }, 1],
    ['in another pool', { ...other, workPoolName: 'other' }, 1],
    ['without its deployment', { ...other, deployment: undefined }, 1],
    ['for a new spec of the pool', { ...other, workPool: sourcesOf().workPool }, 1],
    ['for a new spec of the deployment', { ...other, deployment: sourcesOf().deployment }, 1],
  ])('%s', (_, changed, attempt) => {
    const { resolve, made } = aResolver()
    resolve(other, 1)
    resolve(changed, attempt)
    expect(made()).toBe(2)
  })
})
