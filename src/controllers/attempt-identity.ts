import { sha256 } from '../lib/names.ts'

/** RunTask's clientToken takes at most 64 characters; a hex SHA-256 is exactly that. */
const TOKEN_LENGTH = 64
/** startedBy took 36 characters for most of ECS's life and takes more now; 36 is right everywhere. */
const STARTED_BY_LENGTH = 36
const STARTED_BY_PREFIX = 'capstan-'

/** Names one task: at most one ever exists for it. */
export interface TryKey {
  readonly runUid: string
  readonly index: number
  readonly number: number
  readonly try: number
}

/**
 * The idempotency token of one try. It depends on nothing but the key, so a controller that lost its
 * database derives the same token and ECS answers with the task that is already there.
 */
export function clientTokenOf(key: TryKey): string {
  return sha256(identityText(key)).slice(0, TOKEN_LENGTH)
}

/** What ListTasks can find the task by; same source as the token. */
export function startedByOf(key: TryKey): string {
  const digest = sha256(`startedBy/${identityText(key)}`)
  return STARTED_BY_PREFIX + digest.slice(0, STARTED_BY_LENGTH - STARTED_BY_PREFIX.length)
}

function identityText(key: TryKey): string {
  return `${key.runUid}/${key.index}/${key.number}/${key.try}`
}
