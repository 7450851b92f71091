import type { Heartbeat, Scalar, WrittenTemplate } from '../../kinds/generated.ts'
import { heartbeatConflict, heartbeatOfEnv } from '../../kinds/heartbeat.ts'
import { parsePatches } from '../../kinds/patch-text.ts'
import { hasPlaceholder, type PathStep } from '../../kinds/placeholder.ts'
import { isJsonObject, type Json } from '../../lib/json.ts'
import type { Issue } from '../problem.ts'

type Path = readonly PathStep[]

/**
 * What is wrong with a template at one level already, whatever the others say. What only the merged
 * template can break is kinds/template-rules.ts.
 */
export function checkTemplate(template: WrittenTemplate | undefined, path: Path): readonly Issue[] {
  if (template === undefined) return []
  const patches = parsePatches(template)
  return [
    ...exclusive(template, ['taskDefinition', 'taskDefinitionArn'], path),
    ...exclusive(template, ['launchType', 'capacityProviderStrategy'], path),
    ...checkLadder(template.capacityLadder, [...path, 'capacityLadder']),
    ...checkHeartbeat(template, path),
    ...patches.problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] })),
    ...checkPatch(patches.template['taskDefinitionCustomizations'], [
      ...path,
      'taskDefinitionCustomizations',
    ]),
    ...checkPatch(patches.template['taskCustomizations'], [...path, 'taskCustomizations']),
  ]
}

/** What a placeholder comes to, perhaps nothing, is only known when it is rendered. */
function exclusive(
  template: WrittenTemplate,
  [first, second]: readonly [keyof WrittenTemplate, keyof WrittenTemplate],
  path: Path,
): readonly Issue[] {
  const isGiven = (value: unknown): boolean =>
    value !== undefined && value !== null && !(typeof value === 'string' && hasPlaceholder(value))
  if (!isGiven(template[first]) || !isGiven(template[second])) return []
  const message = `${first} and ${second} exclude each other`
  return [{ code: 'Exclusive', path: [...path, second], atKey: true, message }]
}

function checkLadder(ladder: WrittenTemplate['capacityLadder'], path: Path): readonly Issue[] {
  if (typeof ladder === 'string' || !Array.isArray(ladder)) return []
  return (ladder as readonly Json[]).flatMap((rung, index): readonly Issue[] => {
    if (!isJsonObject(rung)) return []
    const given = ['launchType', 'capacityProviderStrategy'].filter(
      (key) => rung[key] !== undefined,
    )
    if (given.length === 1) return []
    const message = 'a rung has either launchType or capacityProviderStrategy'
    return [{ code: given.length === 0 ? 'Missing' : 'Exclusive', path: [...path, index], message }]
  })
}

/** A frequency that is still a placeholder is looked at when it is rendered. */
function checkHeartbeat(
  { env, heartbeat }: Pick<WrittenTemplate, 'env' | 'heartbeat'>,
  path: Path,
): readonly Issue[] {
  if (!isJsonObject(env)) return []
  const literal = Object.fromEntries(
    Object.entries(env as Readonly<Record<string, Scalar>>).filter(
      ([, value]) => !(typeof value === 'string' && hasPlaceholder(value)),
    ),
  )
  const code = 'InvalidHeartbeat'
  const beat = heartbeatOfEnv(literal)
  if (beat.type === 'Invalid') {
    return [{ code, path: [...path, 'env', beat.name], message: beat.message }]
  }
  const message = heartbeatConflict(literalHeartbeat(heartbeat), literal)
  if (message === undefined) return []
  return [{ code, path: [...path, 'heartbeat', 'frequencySeconds'], message }]
}

function literalHeartbeat(heartbeat: WrittenTemplate['heartbeat']): Heartbeat | undefined {
  const frequencySeconds = isJsonObject(heartbeat) ? heartbeat['frequencySeconds'] : undefined
  return typeof frequencySeconds === 'number' ? { frequencySeconds } : undefined
}

/** Which members an operation needs beside op and path (RFC 6902 section 4). */
const NEEDED_MEMBER: Readonly<Record<string, string>> = {
  add: 'value',
  replace: 'value',
  test: 'value',
  move: 'from',
  copy: 'from',
}

function checkPatch(patch: Json | undefined, path: Path): readonly Issue[] {
  if (!Array.isArray(patch)) return []
  return (patch as readonly Json[]).flatMap((operation, index): readonly Issue[] => {
    const at = [...path, index]
    if (!isJsonObject(operation)) {
      return [{ code: 'InvalidPatch', path: at, message: 'an operation is a map with op and path' }]
    }
    const op = typeof operation['op'] === 'string' ? operation['op'] : ''
    const needed = NEEDED_MEMBER[op]
    if (needed === undefined || operation[needed] !== undefined) return []
    return [{ code: 'InvalidPatch', path: at, message: `'${op}' needs '${needed}'` }]
  })
}
