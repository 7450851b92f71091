import { forbidden, renderResource } from './errors.ts'
import type { User } from './request.ts'

/** What is to be done, in the words of a SubjectAccessReview. `group` and `resource` may be `*`. */
export interface AccessQuestion {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly name?: string
  readonly namespace?: string
}

const READ_VERBS: readonly string[] = ['get', 'list', 'watch']
const WRITE_VERBS: readonly string[] = ['create', 'update', 'patch', 'delete', 'deletecollection']
/** Everybody may ask what they may do. */
const REVIEW_GROUPS: readonly string[] = ['authorization.k8s.io', 'authentication.k8s.io']
const CAPSTAN_GROUP = 'capstan.dev'

interface AccessRule {
  readonly reason: string
  allows(user: User, question: AccessQuestion): boolean
}

/** First rule that allows wins; nothing else is allowed. */
const RULES: readonly AccessRule[] = [
  {
    reason: 'everybody may ask for their own access and identity',
    allows: (_user, { group, verb }) => REVIEW_GROUPS.includes(group) && verb === 'create',
  },
  { reason: 'an admin may do everything', allows: ({ role }) => role === 'admin' },
  {
    reason: 'every role reads',
    allows: (_user, { verb }) => READ_VERBS.includes(verb),
  },
  {
    reason:
      'an editor changes the objects of Capstan, but no status: that is the controller’s to write',
    allows: ({ role }, { verb, group, subresource }) =>
      role === 'edit' &&
      group === CAPSTAN_GROUP &&
      subresource !== 'status' &&
      WRITE_VERBS.includes(verb),
  },
]

/** Whether the user may, and the rule that says so. */
export function decideAccess(
  user: User,
  question: AccessQuestion,
): { readonly allowed: boolean; readonly reason: string } {
  const rule = RULES.find((candidate) => candidate.allows(user, question))
  return rule
    ? { allowed: true, reason: rule.reason }
    : { allowed: false, reason: `the role ${user.role} does not include it` }
}

/** Throws Forbidden in Kubernetes' words. */
export function requireAccess(user: User, question: AccessQuestion): void {
  if (decideAccess(user, question).allowed) return
  const { verb, group, resource, subresource, name, namespace } = question
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const full = subresource === undefined ? resource : `${resource}/${subresource}`
  throw forbidden(
    `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${scope}`,
    { group, plural: resource, kind: renderResource({ group, plural: resource }) },
    name,
  )
}
