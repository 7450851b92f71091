import type { JsonObject } from '../lib/json.ts'
import { type Difference, diffJson } from './diff-json.ts'
import type { RunTaskBody } from './ports.ts'

/** What a RunTask body would change about another, member by member. Values of environment variables are not shown. */
export function diffRunTasks(desired: RunTaskBody, observed: RunTaskBody): readonly Difference[] {
  return diffJson(canonicalRunTask(desired), canonicalRunTask(observed), isHidden)
}

/** Overrides by container, environment by name, tags by key; without what differs from launch to launch. */
function canonicalRunTask(body: RunTaskBody): JsonObject {
  const { clientToken: _, startedBy: __, taskDefinition: ___, tags, overrides, ...rest } = body
  const containerOverrides = byName(
    overrides?.containerOverrides?.map(({ name = '', environment, ...override }) => [
      name,
      {
        ...override,
        environment: byName(environment?.map((entry) => [entry.name ?? '', entry.value ?? ''])),
      },
    ]),
  )
  const canonical = {
    ...rest,
    overrides: { ...overrides, containerOverrides },
    tags: byName(tags?.map(({ key = '', value = '' }) => [key, value])),
  }
  return canonical as unknown as JsonObject
}

function byName<T>(
  entries: readonly (readonly [string, T])[] = [],
): Readonly<Record<string, T>> | undefined {
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** `overrides.containerOverrides.<name>.environment` and below, and whatever holds one as a whole. */
function isHidden([first, second, , fourth]: readonly string[]): boolean {
  if (first !== 'overrides') return false
  return (
    second === undefined ||
    (second === 'containerOverrides' && (fourth ?? 'environment') === 'environment')
  )
}
