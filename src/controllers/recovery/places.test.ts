import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import { aNewObject, anIntent, openTestStore } from '../../../test/world/test-store.ts'
import type { AwsAccount } from '../../aws/ports.ts'
import type { DeploymentSpec, RunSpec, WorkPoolSpec } from '../../kinds/generated.ts'
import type { Run } from '../../kinds/run.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { SqliteStore } from '../../store/open.ts'
import { namedPlaces, unfinishedRuns } from './places.ts'
import { heldRuns } from './record.ts'

const cluster = fc.constantFrom(undefined, null, 'main', 'blue', '{{ run.name }}')

function templateWith(name: string | null | undefined): object {
  return name === undefined ? {} : { template: { cluster: name } }
}

const pool = fc
  .record({ cluster, region: fc.constantFrom(undefined, 'us-east-1', 'eu-west-1') })
  .map(({ cluster: name, region }) => ({
    ...templateWith(name),
    ...(region !== undefined && { aws: { region } }),
  })) as fc.Arbitrary<WorkPoolSpec>

const deployment = fc
  .record({ cluster, workPool: fc.constantFrom(undefined, 'default', 'other', 'missing') })
  .map(({ cluster: name, workPool }) => ({
    ...templateWith(name),
    ...(workPool !== undefined && { workPool }),
  })) as fc.Arbitrary<DeploymentSpec>

const run = fc
  .record({
    cluster,
    parent: fc.constantFrom({}, { deployment: 'd' }, { deployment: 'gone' }, { workPool: 'other' }),
    isOver: fc.boolean(),
  })
  .map(({ cluster: name, parent, isOver }) => ({
    spec: { ...templateWith(name), ...parent } as JsonObject,
    isOver,
  }))

function account(id: string): AwsAccount {
  return { id } as AwsAccount
}

const accounts = {
  forTarget: ({ region = 'here' }: { readonly region?: string }) => account(region),
  byId: account,
}

function poolOf(store: SqliteStore, spec: RunSpec) {
  const find = (kind: 'WorkPool' | 'Deployment', name: string | undefined) =>
    name === undefined ? undefined : store.objects.get({ kind, namespace: 'default', name })?.spec
  const parent = find('Deployment', spec.deployment) as DeploymentSpec | undefined
  const name = spec.workPool ?? parent?.workPool ?? 'default'
  return { parent, pool: find('WorkPool', name) as WorkPoolSpec | undefined }
}

/** As a template is merged: the last word counts, and null takes back. */
function templateOf(store: SqliteStore, { metadata, spec }: Run) {
  const { parent, pool: own } = poolOf(store, spec)
  const words = [own, parent, spec].map((level) => level?.template?.cluster)
  const last = words.findLast((word) => word !== undefined)
  return typeof last === 'string' ? { cluster: last.replace('{{ run.name }}', metadata.name) } : {}
}

test('the places of runs are those that their templates come to, one by one', async () => {
  const runs = fc.array(run, { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(pool, pool, deployment, runs, async (plain, other, parent, all) => {
      const store = openTestStore()
      store.transaction(() => {
        const create = (kind: 'WorkPool' | 'Deployment', name: string, spec: object): void => {
          store.objects.create(
            aNewObject(name, { kind, spec: spec as JsonObject, meta: { uid: `${kind}-${name}` } }),
          )
        }
        create('WorkPool', 'default', plain)
        create('WorkPool', 'other', other)
        create('Deployment', 'd', parent)
        for (const [index, { spec, isOver }] of all.entries()) {
          const status = isOver ? { status: { state: { type: 'FAILED', name: 'Failed' } } } : {}
          store.objects.create(aNewObject(`r${index}`, { spec, ...status }))
        }
        store.objects.create(aNewObject('launched'))
        store.attempts.insert(anIntent('launched', { account: 'there', cluster: 'gone' }))
      })
      const deps = {
        store,
        accounts: accounts as never,
        clock: new FakeClock(),
        templateOf: (one: Run) => templateOf(store, one),
      }
      const named = (await namedPlaces(deps)).map((place) => `${place.account.id} ${place.cluster}`)
      const ofRuns = unfinishedRuns(store).map((one) => {
        const { region = 'here' } = poolOf(store, one.spec).pool?.aws ?? {}
        return `${region} ${templateOf(store, one).cluster ?? 'default'}`
      })
      expect(named).toEqual([...new Set(named)])
      expect(named).toEqual(expect.arrayContaining([...ofRuns, 'here default', 'there gone']))
      const written = [plain, other, parent].flatMap(({ template }) => template?.cluster ?? [])
      const clusters = new Set([...ofRuns.map((one) => one.split(' ')[1]), ...written])
      for (const place of named) {
        expect(['default', 'gone', ...clusters]).toContain(place.split(' ')[1])
      }
      store.close()
    }),
    { numRuns: 60 },
  )
})

test('held runs are found among all that are not over', () => {
  const store = openTestStore()
  const held = { 'capstan.dev/held': 'why' }
  store.transaction(() => {
    store.identity.set('ever-recovered', 'yes')
    const add = (name: string, annotations: Record<string, string>, status?: JsonObject): void => {
      store.objects.create(aNewObject(name, { meta: { annotations }, ...(status && { status }) }))
    }
    add('held', held)
    add('approved', { ...held, 'capstan.dev/approved': 'yes' })
    add('over', held, { state: { type: 'COMPLETED', name: 'Completed' } })
    add('plain', {})
    add('talks', { note: '"capstan.dev/held" is not meant' })
  })
  expect(heldRuns(store).map(({ metadata }) => metadata.name)).toEqual(['held'])
})
