import type { ApiClient } from './client.ts'
import { type ApiList, type ApiObject, parseList, parseObject, textAt } from './objects.ts'
import { type Resource, resourcePath } from './resources.ts'
import { parseTable, type ServerTable, TABLE_ACCEPT } from './server-table.ts'
import type { ObjectTarget, Target } from './targets.ts'

/** Objects a page, as kubectl asks for. */
const PAGE_SIZE = '500'

export interface ListQuery {
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export function pathOf(target: Target, ...rest: readonly string[]): string {
  const name = target.type === 'Object' ? [target.name] : []
  return resourcePath(target.resource, target.namespace, ...name, ...rest)
}

/** Throws ApiError with reason NotFound when it is not there. */
export async function fetchObject(client: ApiClient, target: ObjectTarget): Promise<ApiObject> {
  return parseObject(await client.json({ path: pathOf(target) }))
}

/** All pages of a list. */
export async function fetchList(
  client: ApiClient,
  resource: Resource,
  namespace: string | undefined,
  query: ListQuery = {},
): Promise<ApiList> {
  const path = resourcePath(resource, namespace)
  const items: ApiObject[] = []
  let continueToken: string | undefined
  let resourceVersion = ''
  do {
    const page: unknown = await client.json({
      path,
      query: { ...query, limit: PAGE_SIZE, continue: continueToken },
    })
    const list = parseList(page, resource.apiVersion, resource.kind)
    items.push(...list.items)
    resourceVersion = list.resourceVersion
    continueToken = textAt(page, 'metadata', 'continue') || undefined
  } while (continueToken !== undefined)
  return { items, resourceVersion }
}

/** The objects that a target means. */
export async function fetchTarget(
  client: ApiClient,
  target: Target,
  query: ListQuery = {},
): Promise<readonly ApiObject[]> {
  if (target.type === 'Object') return [await fetchObject(client, target)]
  return (await fetchList(client, target.resource, target.namespace, query)).items
}

/** The server's Table for a target, all pages. With `wholeObjects` each row carries its object, not only metadata. */
export async function fetchTable(
  client: ApiClient,
  target: Target,
  query: ListQuery & { readonly wholeObjects?: boolean } = {},
): Promise<ServerTable> {
  const { wholeObjects, ...selectors } = query
  const includeObject = wholeObjects ? 'Object' : undefined
  const path = pathOf(target)
  const request = { path, accept: TABLE_ACCEPT }
  if (target.type === 'Object') {
    return parseTable(await client.json({ ...request, query: { includeObject } }))
  }
  const pages: ServerTable[] = []
  let continueToken: string | undefined
  do {
    const page = parseTable(
      await client.json({
        ...request,
        query: { ...selectors, includeObject, limit: PAGE_SIZE, continue: continueToken },
      }),
    )
    pages.push(page)
    continueToken = page.continueToken || undefined
  } while (continueToken !== undefined)
  return joinPages(pages)
}

function joinPages(pages: readonly ServerTable[]): ServerTable {
  return {
    columns: pages[0]?.columns ?? [],
    rows: pages.flatMap((page) => page.rows),
    resourceVersion: pages.at(-1)?.resourceVersion ?? '',
    continueToken: '',
  }
}
