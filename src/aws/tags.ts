import { ownMember } from '../lib/json.ts'
import type { EcsTag } from './ecs-shapes.ts'
import { type TemplatePath, type TemplateProblem, templateError } from './template-problem.ts'

/** Limits of ECS tags (API_Tag). */
const MAX_TAGS = 50
const MAX_KEY_LENGTH = 128
const MAX_VALUE_LENGTH = 256
const TAG_TEXT = /^[\p{L}\p{N}\s_.:/=+@-]*$/u
/** Prefix of Capstan's own tags. */
const OWN_PREFIX = 'capstan.dev/'

const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

/**
 * Text that AWS takes as a tag key or value, made as Prefect makes it: case
 * is kept, other characters than `a-zA-Z0-9_./=+:@-` become one `-`, the ends are trimmed of it.
 */
export function toTagText(text: string): string {
  return decodeEntities(text.replace(/'+/g, '-'))
    .replace(/'+/g, '')
    .replace(/(?<=\d),(?=\d)/g, '')
    .replace(/[^a-zA-Z0-9_./=+:@-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^-+|-+$/g, '')
}

function decodeEntities(text: string): string {
  return text
    .replace(/&([a-z]+);/g, (entity, name: string) => ownMember(NAMED_ENTITIES, name) ?? entity)
    .replace(/&#(\d{1,7});/g, (entity, digits: string) => characterOf(Number(digits)) ?? entity)
    .replace(/&#x([0-9a-f]{1,6});/gi, (entity, digits: string) => {
      return characterOf(Number.parseInt(digits, 16)) ?? entity
    })
}

function characterOf(codePoint: number): string | undefined {
  return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : undefined
}

/**
 * The tags of a task: the labels of the template, then Capstan's own. Labels that cannot be tags are
 * refused; lengths and number are for tagListProblems, and never cut, because a cut value is another value.
 */
export function buildTags(
  labels: Readonly<Record<string, string | null>> | undefined,
  own: Readonly<Record<string, string>>,
): { readonly tags: readonly EcsTag[]; readonly problems: readonly TemplateProblem[] } {
  const problems: TemplateProblem[] = []
  const tags = new Map<string, string>()
  for (const [label, value] of Object.entries(labels ?? {})) {
    if (value === null) continue
    const key = toTagText(label)
    const problem = labelProblem(key, tags)
    if (problem === undefined) tags.set(key, toTagText(value))
    else
      problems.push(templateError(['labels', label], `label ${JSON.stringify(label)} ${problem}`))
  }
  for (const [key, value] of Object.entries(own)) tags.set(key, value)
  const list = [...tags].map(([key, value]) => ({ key, value }))
  return { tags: list, problems }
}

function labelProblem(key: string, taken: ReadonlyMap<string, string>): string | undefined {
  if (key === '') return 'has no character that AWS takes in a tag'
  if (key.startsWith(OWN_PREFIX))
    return `must not begin with ${OWN_PREFIX}: these tags are Capstan's own`
  if (taken.has(key)) return `becomes the tag ${key}, as another label does already`
  return undefined
}

/** The label that became the tag of that key. */
export function labelPath(
  key: string,
  labels: Readonly<Record<string, unknown>> = {},
): TemplatePath {
  const label = Object.keys(labels).find((candidate) => toTagText(candidate) === key)
  return label === undefined ? ['labels'] : ['labels', label]
}

/** What AWS would refuse about a list of tags; `pathOf` tells where a key is written. */
export function tagListProblems(
  tags: readonly EcsTag[],
  pathOf: (key: string) => TemplatePath,
): readonly TemplateProblem[] {
  const taken = new Set<string>()
  const problems = tags.flatMap(({ key = '', value = '' }) => {
    const problem = taken.has(key) ? `tag ${key} is there twice` : tagProblem(key, value)
    taken.add(key)
    return problem === undefined ? [] : [templateError(pathOf(key), problem)]
  })
  if (tags.length <= MAX_TAGS) return problems
  const message = `${tags.length} tags with Capstan's own; AWS takes ${MAX_TAGS}: remove ${tags.length - MAX_TAGS}`
  return [...problems, templateError(pathOf(''), message)]
}

function tagProblem(key: string, value: string): string | undefined {
  if (key === '') return 'a tag has no key'
  if (/^aws:/i.test(key)) return `tag ${key}: the prefix aws: is reserved`
  if (key.length > MAX_KEY_LENGTH) {
    return `tag ${key}: the key has ${key.length} characters; AWS takes ${MAX_KEY_LENGTH}`
  }
  if (value.length > MAX_VALUE_LENGTH) {
    return `tag ${key}: the value has ${value.length} characters; AWS takes ${MAX_VALUE_LENGTH}`
  }
  // Our own are made of names that are valid; offline they hold what only a controller knows.
  if (!key.startsWith(OWN_PREFIX) && !(TAG_TEXT.test(key) && TAG_TEXT.test(value))) {
    return `tag ${key}: AWS takes letters, digits, spaces and _ . : / = + - @`
  }
  return undefined
}
