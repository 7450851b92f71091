import { API_GROUP } from '../../kinds/meta.ts'
import { renderTime } from '../../lib/instant.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { type AccessQuestion, decideAccess } from '../authorize.ts'
import { parseObjectBody } from '../body.ts'
import { type ApiResponse, jsonResponse, type User } from '../request.ts'
import { groupVersion, type ResourceInfo } from '../resource.ts'
import { ACCESS_REVIEWS, RULES_REVIEWS, SELF_REVIEWS } from '../resources.ts'
import { textAt, valueAt } from '../wire.ts'
import type { ResourceCall, ServedResource } from './resource-call.ts'

/** `kubectl auth can-i` and `auth whoami`; k9s asks the first for every view. */
export function serveReviews(): readonly ServedResource[] {
  return [
    review(ACCESS_REVIEWS, reviewAccess),
    review(RULES_REVIEWS, reviewRules),
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

const reviewAccess: Review = (user, spec) => {
  const attributes = valueAt(spec, 'resourceAttributes')
  if (!isJsonObject(attributes)) return { status: reviewPath(user, spec) }
  const question: AccessQuestion = {
    verb: textAt(attributes, 'verb'),
    group: textAt(attributes, 'group'),
    resource: textAt(attributes, 'resource'),
    ...optional('subresource', textAt(attributes, 'subresource')),
  }
  return { status: decideAccess(user, question) }
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

const READ = ['get', 'list', 'watch']

const reviewRules: Review = ({ role }) => {
  const own: Readonly<Record<User['role'], object>> = {
    admin: { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    edit: { verbs: ['*'], apiGroups: [API_GROUP], resources: ['*'] },
    view: { verbs: READ, apiGroups: [API_GROUP], resources: ['*'] },
  }
  const everybody = [
    { verbs: READ, apiGroups: ['', 'apiextensions.k8s.io'], resources: ['*'] },
    ...[ACCESS_REVIEWS, RULES_REVIEWS, ...SELF_REVIEWS.slice(0, 1)].map(({ group, plural }) => ({
      verbs: ['create'],
      apiGroups: [group],
      resources: [plural],
    })),
  ]
  return {
    status: {
      resourceRules: [own[role], ...everybody],
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['*'] }],
      incomplete: false,
    },
  }
}

const reviewSelf: Review = ({ name, groups }) => ({
  status: { userInfo: { username: name, groups } },
})

function optional<Key extends string>(key: Key, value: string): { readonly [K in Key]?: string } {
  return (value === '' ? {} : { [key]: value }) as { readonly [K in Key]?: string }
}
