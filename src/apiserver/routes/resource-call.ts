import type { ApiContext } from '../ports.ts'
import type { ApiRequest, ApiResponse } from '../request.ts'
import type { ResourceInfo, ResourceReader, Verb } from '../resource.ts'

/** One request to a resource, its path taken apart. `name` is '' where the path has none. */
export interface ResourceCall {
  readonly context: ApiContext
  readonly request: ApiRequest
  readonly namespace: string | undefined
  readonly name: string
}

export type ResourceHandler = (call: ResourceCall) => ApiResponse | Promise<ApiResponse>
export type VerbHandlers = Readonly<Partial<Record<Verb, ResourceHandler>>>

/** A resource with everything that answers for it. */
export interface ServedResource {
  readonly info: ResourceInfo
  readonly reader?: ResourceReader
  readonly verbs: VerbHandlers
  readonly subresources: Readonly<Record<string, VerbHandlers>>
}
