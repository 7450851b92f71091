export interface PlacementConstraint {
  readonly type?: string
  readonly expression?: string
}

const COMPARISON = /^attribute:([\w.-]+)\s*(==|!=)\s*([^\s]+)$/
const MEMBERSHIP = /^attribute:([\w.-]+)\s+(in|not_in)\s+\[([^\]]*)\]$/
const EXISTENCE = /^attribute:([\w.-]+)\s+(exists|!exists)$/

/**
 * Whether an instance's attributes satisfy a constraint. Of the cluster query language the single
 * terms `==`, `!=`, `in`, `not_in`, `exists` and `!exists` are understood; anything else is satisfied.
 */
export function isSatisfied(
  { type, expression = '' }: PlacementConstraint,
  attributes: Readonly<Record<string, string>>,
): boolean {
  if (type !== 'memberOf') return true
  const text = expression.trim()
  const comparison = COMPARISON.exec(text)
  if (comparison) {
    const [, name = '', operator, value] = comparison
    return (attributes[name] === value) === (operator === '==')
  }
  const membership = MEMBERSHIP.exec(text)
  if (membership) {
    const [, name = '', operator, values = ''] = membership
    const members = values.split(',').map((value) => value.trim())
    return members.includes(attributes[name] ?? '') === (operator === 'in')
  }
  const [, name = '', operator] = EXISTENCE.exec(text) ?? []
  return operator === undefined || (attributes[name] !== undefined) === (operator === 'exists')
}
