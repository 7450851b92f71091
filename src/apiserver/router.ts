import { badRequest } from './errors.ts'

/** What a path names. Core resources have group ''. */
export type Route =
  | { readonly type: 'Fixed'; readonly path: string }
  | { readonly type: 'Group'; readonly group: string }
  | { readonly type: 'GroupVersion'; readonly group: string; readonly version: string }
  | { readonly type: 'OpenApi'; readonly document: string }
  | ResourceRoute

export interface ResourceRoute {
  readonly type: 'Resource'
  readonly group: string
  readonly version: string
  readonly namespace?: string
  readonly plural: string
  readonly name?: string
  readonly subresource?: string
}

interface PathPattern {
  readonly segments: readonly string[]
  readonly type: Route['type']
}

/**
 * The path grammar of the Kubernetes API, first match wins. `:x` captures one segment. `namespaces`
 * is a resource as well as a scope, so `/namespaces/NS` alone names the object and anything longer
 * is inside of it.
 */
const PATTERNS: readonly PathPattern[] = [
  pattern('OpenApi', '/openapi/v3/:a'),
  pattern('OpenApi', '/openapi/v3/:a/:b'),
  pattern('OpenApi', '/openapi/v3/:a/:b/:c'),
  pattern('GroupVersion', '/api/:version'),
  pattern('Group', '/apis/:group'),
  pattern('GroupVersion', '/apis/:group/:version'),
  pattern('Resource', '/api/:version/:plural'),
  pattern('Resource', '/api/:version/:plural/:name'),
  pattern('Resource', '/api/:version/namespaces/:namespace/:plural'),
  pattern('Resource', '/api/:version/namespaces/:namespace/:plural/:name'),
  pattern('Resource', '/api/:version/namespaces/:namespace/:plural/:name/:subresource'),
  pattern('Resource', '/apis/:group/:version/:plural'),
  pattern('Resource', '/apis/:group/:version/:plural/:name'),
  pattern('Resource', '/apis/:group/:version/namespaces/:namespace/:plural'),
  pattern('Resource', '/apis/:group/:version/namespaces/:namespace/:plural/:name'),
  pattern('Resource', '/apis/:group/:version/namespaces/:namespace/:plural/:name/:subresource'),
]

/** Longest path that is looked at; the longest legal one is far below. */
const MAX_PATH_LENGTH = 4096

/** Reads a path. Everything that matches no pattern is Fixed, and is looked up as it stands. */
export function parsePath(path: string): Route {
  if (path.length > MAX_PATH_LENGTH) throw badRequest('the path is too long')
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  const segments = trimmed.split('/').slice(1)
  for (const candidate of PATTERNS) {
    const captured = capture(candidate, segments)
    if (captured) return toRoute(candidate.type, captured, trimmed)
  }
  return { type: 'Fixed', path: trimmed }
}

function pattern(type: Route['type'], path: string): PathPattern {
  return { type, segments: path.split('/').slice(1) }
}

function capture(
  candidate: PathPattern,
  segments: readonly string[],
): ReadonlyMap<string, string> | undefined {
  if (candidate.segments.length !== segments.length) return undefined
  const captured = new Map<string, string>()
  for (const [index, expected] of candidate.segments.entries()) {
    const actual = segments[index] ?? ''
    if (expected.startsWith(':')) {
      if (actual === '') return undefined
      captured.set(expected.slice(1), decodeSegment(actual))
    } else if (expected !== actual) {
      return undefined
    }
  }
  return captured
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    throw badRequest(`the path segment "${segment}" is not percent-encoded correctly`)
  }
}

function toRoute(type: Route['type'], captured: ReadonlyMap<string, string>, path: string): Route {
  const group = captured.get('group') ?? ''
  const version = captured.get('version') ?? ''
  if (type === 'Group') return { type, group }
  if (type === 'GroupVersion') return { type, group, version }
  if (type === 'OpenApi') return { type, document: path.slice('/openapi/v3/'.length) }
  const optional = Object.fromEntries(
    ['namespace', 'name', 'subresource'].flatMap((key) => {
      const value = captured.get(key)
      return value === undefined ? [] : [[key, value]]
    }),
  )
  return { type: 'Resource', group, version, plural: captured.get('plural') ?? '', ...optional }
}
