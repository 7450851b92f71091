/** Characters of a family; ECS refuses others (API_RegisterTaskDefinition). */
const VALID = /^[A-Za-z0-9_-]{1,255}$/
const MAX_FAMILY_LENGTH = 255

/**
 * The text as a family of task definitions: other characters become `-`, at most 255 remain. Valid
 * text stays as it is; undefined when nothing is left.
 */
export function toFamily(text: string): string | undefined {
  if (VALID.test(text)) return text
  const slug = text
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .slice(0, MAX_FAMILY_LENGTH)
    .replace(/^-+|-+$/g, '')
  return slug === '' ? undefined : slug
}
