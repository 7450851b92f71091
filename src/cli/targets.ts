import { UsageError } from './errors.ts'
import type { ApiObject } from './objects.ts'
import { findResource, parseResourceList, type Resource, unknownResource } from './resources.ts'

/** One thing that a command line names: an object, or all objects of a kind. */
export type Target = ObjectTarget | ListTarget

export interface ObjectTarget {
  readonly type: 'Object'
  readonly resource: Resource
  /** Undefined for kinds that live in no namespace. */
  readonly namespace: string | undefined
  readonly name: string
}

export interface ListTarget {
  readonly type: 'List'
  readonly resource: Resource
  /** Undefined: everywhere. */
  readonly namespace: string | undefined
}

/** The target that means a listed object. */
export function targetOfObject(resource: Resource, { metadata }: ApiObject): ObjectTarget {
  return { type: 'Object', resource, namespace: metadata.namespace, name: metadata.name }
}

export interface TargetScope {
  readonly namespace: string
  readonly allNamespaces?: boolean
  /** Whether -l or --field-selector narrows the lists: names cannot stand beside it. */
  readonly hasSelector?: boolean
  /** The kind of bare names, for verbs that mean one kind before all others: `capstan cancel hello`. */
  readonly defaultResource?: Resource
}

/** kubectl's grammar: `TYPE[,TYPE…] [NAME…]` or `TYPE/NAME…`. Throws UsageError for anything else. */
export function parseTargets(words: readonly string[], scope: TargetScope): readonly Target[] {
  const [first] = words
  if (first === undefined) throw new UsageError(nothingNamed(scope))
  const targets = words.some((word) => word.includes('/'))
    ? words.map((word) => parseReference(word, scope))
    : parseTyped(first, words.slice(1), scope)
  const named = targets.find((target) => target.type === 'Object')
  if (named && scope.hasSelector) {
    throw new UsageError('name cannot be provided when a selector is specified')
  }
  if (named?.resource.namespaced && scope.allNamespaces) {
    throw new UsageError('a resource cannot be retrieved by name across all namespaces')
  }
  return targets
}

/** What `--for` names: one object. */
export function parseSubject(word: string, namespace: string): ObjectTarget {
  const target = word.includes('/') ? parseReference(word, { namespace }) : undefined
  if (target?.type === 'Object') return target
  throw new UsageError(`--for must be in KIND/NAME form, for example run/${word}`)
}

function parseReference(word: string, scope: TargetScope): Target {
  const parts = word.split('/')
  const [type = '', name = ''] = parts
  if (parts.length === 1) {
    throw new UsageError(
      `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form: write KIND/NAME for each, or KIND and names without a slash ("${word}" has none)`,
    )
  }
  if (parts.length > 2 || type === '' || name === '') {
    throw new UsageError(`"${word}" is not KIND/NAME`)
  }
  const resource = findResource(type)
  if (!resource) throw unknownResource(type)
  return toObjectTarget(resource, name, scope)
}

function nothingNamed({ defaultResource }: TargetScope): string {
  const short = defaultResource ? `a ${defaultResource.singular} by its name, ` : ''
  return `you must name what is meant: ${short}KIND, KIND/NAME or KIND NAME`
}

function parseTyped(type: string, names: readonly string[], scope: TargetScope): readonly Target[] {
  if (scope.defaultResource && !findResource(type) && !type.includes(',')) {
    const { defaultResource } = scope
    return [type, ...names].map((name) => toObjectTarget(defaultResource, name, scope))
  }
  return parseResourceList(type).flatMap((resource): readonly Target[] => {
    if (names.length > 0) return names.map((name) => toObjectTarget(resource, name, scope))
    const namespace = resource.namespaced && !scope.allNamespaces ? scope.namespace : undefined
    return [{ type: 'List', resource, namespace }]
  })
}

function toObjectTarget(resource: Resource, name: string, scope: TargetScope): ObjectTarget {
  const namespace = resource.namespaced ? scope.namespace : undefined
  return { type: 'Object', resource, namespace, name }
}
