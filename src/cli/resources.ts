import { API_GROUP, API_VERSION, KIND_NAMES, KINDS, type Kind } from '../kinds/meta.ts'
import { nearest } from '../lib/nearest.ts'
import { CliError } from './errors.ts'

/** A kind of object as the API serves it. */
export interface Resource {
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  /** Empty for the core group. */
  readonly group: string
  readonly apiVersion: string
  readonly namespaced: boolean
}

const OWN_BY_KIND = {
  WorkPool: ownResource('WorkPool'),
  Deployment: ownResource('Deployment'),
  Run: ownResource('Run'),
  Automation: ownResource('Automation'),
} satisfies Record<Kind, Resource>

const OWN: readonly Resource[] = KINDS.map((kind) => OWN_BY_KIND[kind])

export const WORK_POOLS: Resource = OWN_BY_KIND.WorkPool
export const RUNS: Resource = OWN_BY_KIND.Run
export const DEPLOYMENTS: Resource = OWN_BY_KIND.Deployment
export const PODS: Resource = coreResource('Pod', 'pod', 'po')
export const EVENTS: Resource = coreResource('Event', 'event', 'ev')
export const NAMESPACES: Resource = {
  ...coreResource('Namespace', 'namespace', 'ns'),
  namespaced: false,
}

/** Everything that the command line can name: Capstan's kinds, and what its API shows beside them. */
const RESOURCES: readonly Resource[] = [...OWN, EVENTS, PODS, NAMESPACES]

function ownResource(kind: Kind): Resource {
  const names = KIND_NAMES[kind]
  return { kind, ...names, group: API_GROUP, apiVersion: API_VERSION, namespaced: true }
}

function coreResource(kind: string, singular: string, shortName: string): Resource {
  return {
    kind,
    plural: `${singular}s`,
    singular,
    shortNames: [shortName],
    group: '',
    apiVersion: 'v1',
    namespaced: true,
  }
}

/** Words that stand for several kinds. */
const CATEGORIES = ['all', 'capstan'] as const

/** Every word by which `capstan get` knows a kind, for completion and for spelling hints. */
export function resourceWords(): readonly string[] {
  return [...RESOURCES.flatMap(namesOf), ...CATEGORIES]
}

function namesOf(resource: Resource): readonly string[] {
  return [resource.plural, resource.singular, ...resource.shortNames]
}

/** `runs`, `run`, `wp`, `Run`, `runs.capstan.dev`, `runs.v1.capstan.dev`; undefined for anything else. */
export function findResource(word: string): Resource | undefined {
  const text = word.toLowerCase()
  return RESOURCES.find((resource) => {
    const names = namesOf(resource)
    if (resource.group === '') return names.includes(text)
    const suffixes = ['', `.${resource.group}`, `.v1.${resource.group}`]
    return names.some((name) => suffixes.some((suffix) => text === `${name}${suffix}`))
  })
}

export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return RESOURCES.find((resource) => resource.kind === kind && resource.apiVersion === apiVersion)
}

/** The kinds of a comma list such as `runs,deploy` or `all`, each once. Throws with the nearest spelling. */
export function parseResourceList(text: string): readonly Resource[] {
  const found = text.split(',').flatMap((word) => {
    if (CATEGORIES.some((category) => category === word)) return OWN
    const resource = findResource(word)
    if (!resource) throw unknownResource(word)
    return [resource]
  })
  return [...new Set(found)]
}

export function unknownResource(word: string): CliError {
  if (CATEGORIES.some((category) => category === word)) {
    return new CliError(`"${word}" stands for several kinds: name one of them`)
  }
  const guess = nearest(word.toLowerCase(), resourceWords())
  const known = RESOURCES.map(({ plural }) => plural).join(', ')
  const hint =
    guess === undefined
      ? `: it has ${known}; an object is named KIND/NAME`
      : ` (did you mean "${guess}"?)`
  return new CliError(`the server doesn't have a resource type "${word}"${hint}`)
}

/** A manifest's kind that nobody serves, with the nearest spelling. */
export function unknownKind(apiVersion: string, kind: string, source: string): CliError {
  const guess = nearest(kind, KINDS)
  const hint =
    guess === undefined
      ? `known are ${KINDS.join(', ')}`
      : `did you mean ${guess} in ${API_VERSION}?`
  return new CliError(
    `${source}: no matches for kind "${kind}" in version "${apiVersion}": ${hint}`,
  )
}

/** `run.capstan.dev/hello`: how kubectl's output lines name an object. */
export function renderReference(resource: Resource, name: string): string {
  return `${renderType(resource)}/${name}`
}

/** `run.capstan.dev`. */
export function renderType(resource: Resource): string {
  return resource.group === '' ? resource.singular : `${resource.singular}.${resource.group}`
}

/** Where an object or a list is. Without a namespace: the list over all of them. */
export function resourcePath(
  resource: Resource,
  namespace: string | undefined,
  ...rest: readonly string[]
): string {
  const base =
    resource.group === '' ? `/api/${resource.apiVersion}` : `/apis/${resource.apiVersion}`
  const scope =
    resource.namespaced && namespace !== undefined
      ? `/namespaces/${encodeURIComponent(namespace)}`
      : ''
  const tail = rest.map((part) => `/${encodeURIComponent(part)}`).join('')
  return `${base}${scope}/${resource.plural}${tail}`
}
