import { badRequest } from './errors.ts'

/** One requirement of a label selector. All of them must hold. */
export interface LabelRequirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values: readonly string[]
}

/** `metadata.name=x`: one requirement of a field selector. */
export interface FieldRequirement {
  readonly path: string
  readonly negated: boolean
  readonly value: string
}

/** Longest selector that is parsed; kubectl's are far shorter. */
const MAX_SELECTOR_LENGTH = 16_384

const LABEL_KEY = '(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?'
const SET_REQUIREMENT = new RegExp(`^(${LABEL_KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`)
const EQUALITY_REQUIREMENT = new RegExp(`^(${LABEL_KEY})\\s*(==|=|!=)\\s*([A-Za-z0-9_.-]*)$`)
const EXISTENCE_REQUIREMENT = new RegExp(`^(!?)\\s*(${LABEL_KEY})$`)

/** Parses `a=b,c!=d,e in (f,g),!h` as apimachinery's labels.Parse does. Empty text selects everything. */
export function parseLabelSelector(text: string): readonly LabelRequirement[] {
  if (text.length > MAX_SELECTOR_LENGTH) throw badRequest('labelSelector is too long')
  return splitTopLevel(text)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseLabelRequirement)
}

/** Splits at commas outside of parentheses. */
function splitTopLevel(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  return [...parts, text.slice(start)]
}

function parseLabelRequirement(text: string): LabelRequirement {
  const set = SET_REQUIREMENT.exec(text)
  if (set) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim())
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values }
  }
  const equality = EQUALITY_REQUIREMENT.exec(text)
  if (equality) {
    const operator = equality[2] === '!=' ? 'NotIn' : 'In'
    return { key: equality[1] ?? '', operator, values: [equality[3] ?? ''] }
  }
  const existence = EXISTENCE_REQUIREMENT.exec(text)
  if (existence) {
    const operator = existence[1] === '!' ? 'DoesNotExist' : 'Exists'
    return { key: existence[2] ?? '', operator, values: [] }
  }
  throw badRequest(
    `unable to parse requirement: "${text}": write key=value, key!=value, key in (a,b), key notin (a,b), key or !key`,
  )
}

/** NotIn also holds for objects that lack the label, as in Kubernetes. */
export function matchesLabels(
  requirements: readonly LabelRequirement[],
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined
    if (operator === 'Exists') return value !== undefined
    if (operator === 'DoesNotExist') return value === undefined
    const isIn = value !== undefined && values.includes(value)
    return operator === 'In' ? isIn : !isIn
  })
}

/**
 * Parses `metadata.name=x,status.phase!=y`. A path outside of `supported` is refused, because a
 * requirement that is ignored would select too much.
 */
export function parseFieldSelector(
  text: string,
  supported: readonly string[],
): readonly FieldRequirement[] {
  if (text.length > MAX_SELECTOR_LENGTH) throw badRequest('fieldSelector is too long')
  const parts = text.split(',').filter((part) => part.trim() !== '')
  return parts.map((part) => {
    const match = /^\s*([^=!]+?)\s*(==|=|!=)(.*)$/.exec(part)
    if (!match)
      throw badRequest(`invalid field selector "${part}": write path=value or path!=value`)
    const path = match[1] ?? ''
    if (!supported.includes(path)) {
      throw badRequest(`field label not supported: ${path}: use one of ${supported.join(', ')}`)
    }
    return { path, negated: match[2] === '!=', value: match[3] ?? '' }
  })
}

/** `read` gives the text of a path, '' where the object has none. */
export function matchesFields(
  requirements: readonly FieldRequirement[],
  read: (path: string) => string,
): boolean {
  return requirements.every(({ path, negated, value }) => (read(path) === value) !== negated)
}
