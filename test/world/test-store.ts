import { API_VERSION, type Kind, type ObjectKey } from '../../src/kinds/meta.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'
import type { AttemptRow, NewObject } from '../../src/store/types.ts'
import { EMPTY_DATABASE } from './empty-database.ts'
import { seededRandom } from './seeded-random.ts'

/** 2026-01-01T00:00:00Z: when stores of tests are made. */
export const CREATED_MS = Date.UTC(2026, 0, 1)

/** An empty store in memory, or one that starts from what `serialize` gave. */
export function openTestStore(snapshot = EMPTY_DATABASE): SqliteStore {
  return openStore({ path: ':memory:', random: seededRandom(1), nowMs: CREATED_MS, snapshot })
}

export function keyOfRun(name: string, namespace = 'default'): ObjectKey {
  return { kind: 'Run', namespace, name }
}

/** A new object named `name` with the uid `uid-NAME`; `different` says what is special about it. */
export function aNewObject(
  name: string,
  different: {
    readonly kind?: Kind
    readonly spec?: JsonObject
    readonly status?: JsonObject
    readonly meta?: Partial<NewObject['metadata']>
  } = {},
): NewObject {
  const { kind = 'Run', spec = {}, status, meta } = different
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...meta,
    },
    spec,
    ...(status && { status }),
  }
}

/** The first try of the first attempt of run `uid-NAME`, in Intent. */
export function anIntent(runName: string, different: Partial<AttemptRow> = {}): AttemptRow {
  return {
    runUid: `uid-${runName}`,
    namespace: 'default',
    runName,
    index: 0,
    number: 1,
    try: 1,
    clientToken: `token-${runName}-${different.number ?? 1}-${different.try ?? 1}`,
    startedBy: `capstan-${runName}`,
    account: 'us-east-1',
    cluster: 'default',
    workPool: 'default',
    containerName: 'main',
    taskDefinitionArn: 'arn:task-definition/hello:1',
    body: '{"count":1}',
    phase: 'Intent',
    epoch: 1,
    createdAtMs: CREATED_MS,
    sends: 0,
    ...different,
  }
}

export function create(store: SqliteStore, ...objects: readonly NewObject[]): void {
  store.transaction(() => {
    for (const object of objects) store.objects.create(object)
  })
}
