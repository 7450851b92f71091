import { ApiError } from './errors.ts'

/** In which shape an answer is wanted. */
export type Representation = 'Object' | 'Table' | 'PartialObjectMetadata'

interface MediaRange {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

/** Longest Accept header that is read; kubectl's longest is a quarter of it. */
const MAX_ACCEPT_LENGTH = 2_048

const META_GROUP = 'meta.k8s.io'
const META_VERSIONS = ['v1', 'v1beta1']

/**
 * What the Accept header asks for, first servable entry wins: `as=Table` and `as=PartialObjectMetadata`
 * of meta.k8s.io, or plain JSON. Protobuf is never served, which every client allows for by naming
 * JSON as well.
 */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept.trim() === '') return 'Object'
  for (const range of parseAccept(accept)) {
    const representation = servable(range)
    if (representation) return representation
  }
  throw new ApiError(
    'NotAcceptable',
    'only the following media types are accepted: application/json',
  )
}

/** Whether one of the ranges names this media type with these parameters. */
export function accepts(
  accept: string | undefined,
  type: string,
  parameters: Readonly<Record<string, string>> = {},
): boolean {
  return parseAccept(accept ?? '').some(
    (range) =>
      range.type === type &&
      Object.entries(parameters).every(([name, value]) => range.parameters.get(name) === value),
  )
}

export function parseAccept(accept: string): readonly MediaRange[] {
  return accept
    .slice(0, MAX_ACCEPT_LENGTH)
    .split(',')
    .map((entry) => {
      const [type = '', ...rest] = entry.split(';').map((part) => part.trim())
      const parameters = rest.map((part): [string, string] => {
        const equals = part.indexOf('=')
        return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]
      })
      return { type: type.toLowerCase(), parameters: new Map(parameters) }
    })
}

function servable({ type, parameters }: MediaRange): Representation | undefined {
  if (!['application/json', 'application/*', '*/*'].includes(type)) return undefined
  const as = parameters.get('as')
  if (as === undefined) return 'Object'
  if (parameters.get('g') !== META_GROUP) return undefined
  if (!META_VERSIONS.includes(parameters.get('v') ?? '')) return undefined
  if (as === 'Table') return 'Table'
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
    return 'PartialObjectMetadata'
  }
  return undefined
}
