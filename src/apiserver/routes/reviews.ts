import { renderTime } from '../../lib/instant.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { type AccessQuestion, decideAccess } from '../authorize.ts'
import { parseObjectBody } from '../body.ts'
import { type ApiResponse, jsonResponse, type User } from '../request.ts'
import { groupVersion, type ResourceInfo } from '../resource.ts'
import { ACCESS_REVIEWS, RULES_REVIEWS, SELF_REVIEWS } from '../resources.ts'
import { notServed, verbsOf } from '../served-verbs.ts'
import { textAt, valueAt } from '../wire.ts'
import type { ResourceCall, ServedResource } from './resource-call.ts'

/**
 * `kubectl auth can-i` and `auth whoami`; k9s asks the first for every view. What is not among the `others`
 * that the API serves, nobody may do.
 */
export function serveReviews(others: readonly ResourceInfo[]): readonly ServedResource[] {
  const resources = [...others, ACCESS_REVIEWS, RULES_REVIEWS, ...SELF_REVIEWS]
  return [
    review(ACCESS_REVIEWS, (user, spec) => reviewAccess(resources, user, spec)),
    review(RULES_REVIEWS, (user) => reviewRules(resources, user)),
    ...SELF_REVIEWS.map((info) => review(info, reviewSelf)),
  ]
}

/** What a review adds to its question. */
type Review = (user: User, spec: JsonObject) => { readonly status: object }

function review(info: ResourceInfo, answer: Review): ServedResource {
  const create = ({ request, context }: ResourceCall): ApiResponse => {
    const body = parseObjectBody(request)
    const spec = isJsonObject(body['spec']) ? body['spec'] : {}
    return jsonResponse(201, {
      kind: info.kind,
      apiVersion: groupVersion(info),
      metadata: { creationTimestamp: renderTime(context.clock.nowMs()) },
      ...(body['spec'] === undefined ? {} : { spec }),
      ...answer(request.user, spec),
    })
  }
  return { info, verbs: { create }, subresources: {} }
}

function reviewAccess(
  resources: readonly ResourceInfo[],
  user: User,
  spec: JsonObject,
): ReturnType<Review> {
  const attributes = valueAt(spec, 'resourceAttributes')
  if (!isJsonObject(attributes)) return { status: reviewPath(user, spec) }
  const question: AccessQuestion = {
    verb: textAt(attributes, 'verb'),
    group: textAt(attributes, 'group'),
    resource: textAt(attributes, 'resource'),
    ...optional('subresource', textAt(attributes, 'subresource')),
  }
  const reason = notServed(resources, question)
  return {
    status: reason === undefined ? decideAccess(user, question) : { allowed: false, reason },
  }
}

/** Paths outside of the API: every role reads them, nobody writes them. */
function reviewPath({ role }: User, spec: JsonObject): object {
  const verb = textAt(spec, 'nonResourceAttributes.verb')
  const allowed = verb === 'get' || (verb === '*' && role === 'admin')
  return {
    allowed,
    reason: allowed ? 'every role reads' : 'paths outside of the API are read-only',
  }
}

function reviewRules(resources: readonly ResourceInfo[], user: User): ReturnType<Review> {
  const rules = resources.flatMap((info) => [
    ruleOf(user, info, undefined),
    ...info.subresources.map(({ name }) => ruleOf(user, info, name)),
  ])
  // A resource that is served in two versions is one to those who ask.
  const different = new Map(rules.map((rule) => [JSON.stringify(rule), rule]))
  return {
    status: {
      resourceRules: [...different.values()].filter(({ verbs }) => verbs.length > 0),
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['*'] }],
      incomplete: false,
    },
  }
}

/** What the user may do with a resource, or with a subresource of it. */
function ruleOf(
  user: User,
  info: ResourceInfo,
  subresource: string | undefined,
): {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
} {
  const { group, plural: resource } = info
  const about = { group, resource, ...optional('subresource', subresource ?? '') }
  return {
    verbs: verbsOf(info, subresource).filter(
      (verb) => decideAccess(user, { ...about, verb }).allowed,
    ),
    apiGroups: [group],
    resources: [subresource === undefined ? resource : `${resource}/${subresource}`],
  }
}

const reviewSelf: Review = ({ name, groups }) => ({
  status: { userInfo: { username: name, groups } },
})

function optional<Key extends string>(key: Key, value: string): { readonly [K in Key]?: string } {
  return (value === '' ? {} : { [key]: value }) as { readonly [K in Key]?: string }
}
