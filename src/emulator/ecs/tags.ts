import { type AwsError, invalidParameter } from '../errors.ts'
import type { Tag } from '../task-record.ts'
import type { TagInput } from './task-definition-shape.ts'

const MAX_TAGS = 50
const MAX_KEY_LENGTH = 128
const MAX_VALUE_LENGTH = 256
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Why ECS refuses these tags; undefined when it takes them. */
export function tagProblem(tags: TagInput): AwsError | undefined {
  if (tags.length > MAX_TAGS) return invalidParameter('Number of tags exceeds the limit of 50.')
  const keys = new Set<string>()
  for (const { key = '', value = '' } of tags) {
    if (key === '' || key.length > MAX_KEY_LENGTH || !ALLOWED.test(key)) {
      return invalidParameter(`Invalid tag key: '${key}'.`)
    }
    if (key.toLowerCase().startsWith('aws:')) {
      return invalidParameter('Tag keys that start with aws: are reserved.')
    }
    if (value.length > MAX_VALUE_LENGTH || !ALLOWED.test(value)) {
      return invalidParameter(`Invalid value of the tag '${key}'.`)
    }
    if (keys.has(key)) return invalidParameter(`Duplicate tag key: '${key}'.`)
    keys.add(key)
  }
  return undefined
}

/** Tags as they are kept. */
export function toTags(tags: TagInput | undefined): readonly Tag[] {
  return (tags ?? []).map(({ key = '', value = '' }) => ({ key, value }))
}

/** `tags` with `added` put over those of the same key. */
export function mergeTags(tags: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const addedKeys = new Set(added.map(({ key }) => key))
  return [...tags.filter(({ key }) => !addedKeys.has(key)), ...added]
}
