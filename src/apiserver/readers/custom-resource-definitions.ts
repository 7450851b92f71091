import { DEFAULT_NAMESPACE, KINDS } from '../../kinds/meta.ts'
import { renderTime } from '../../lib/instant.ts'
import { uuidV5 } from '../../lib/names.ts'
import type { Store } from '../../store/types.ts'
import type { Column } from '../columns.ts'
import { ownPosition, type ResourceInfo, type ResourceReader } from '../resource.ts'
import { CUSTOM_RESOURCE_DEFINITIONS, KIND_RESOURCES } from '../resources.ts'
import { textAt, type WireObject } from '../wire.ts'

/** Kinds that kubectl's ApplySets may use as their parent say so with a label. */
const APPLYSET_LABEL = 'applyset.kubernetes.io/is-parent-type'
const APPLYSET_PARENT = 'WorkPool'

/** Capstan's own kinds as CustomResourceDefinitions, read-only: k9s and ApplySets look them up. */
export function createDefinitionReader(store: Store): ResourceReader {
  const readAll = (): readonly WireObject[] => {
    const createdAtMs = store.objects
      .namespaces()
      .find(({ name }) => name === DEFAULT_NAMESPACE)?.createdAtMs
    return KINDS.map((kind) => renderDefinition(KIND_RESOURCES[kind], createdAtMs ?? 0))
  }
  return {
    info: CUSTOM_RESOURCE_DEFINITIONS,
    fieldPaths: ['metadata.name'],
    readField: textAt,
    positionOf: ownPosition,
    get: (_namespace, name) => readAll().find(({ metadata }) => metadata.name === name),
    list: () => ({ items: readAll() }),
    toWatchItems: () => [],
  }
}

function renderDefinition(info: ResourceInfo, createdAtMs: number): WireObject {
  const name = `${info.plural}.${info.group}`
  const creationTimestamp = renderTime(createdAtMs)
  const names = {
    plural: info.plural,
    singular: info.singular,
    kind: info.kind,
    listKind: `${info.kind}List`,
    shortNames: info.shortNames,
    categories: info.categories,
  }
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name,
      uid: uuidV5('CustomResourceDefinition', name),
      resourceVersion: '1',
      generation: 1,
      creationTimestamp,
      ...(info.kind === APPLYSET_PARENT ? { labels: { [APPLYSET_LABEL]: 'true' } } : {}),
    },
    spec: {
      group: info.group,
      names,
      scope: 'Namespaced',
      conversion: { strategy: 'None' },
      versions: [renderVersion(info)],
    },
    status: {
      acceptedNames: names,
      storedVersions: [info.version],
      conditions: [
        renderCondition('NamesAccepted', 'NoConflicts', creationTimestamp),
        renderCondition('Established', 'InitialNamesAccepted', creationTimestamp),
      ],
    },
  }
  return definition
}

function renderVersion(info: ResourceInfo): object {
  const hasScale = info.subresources.some(({ name }) => name === 'scale')
  return {
    name: info.version,
    served: true,
    storage: true,
    subresources: {
      status: {},
      ...(hasScale
        ? {
            scale: {
              specReplicasPath: '.spec.concurrencyLimit',
              statusReplicasPath: '.status.active',
            },
          }
        : {}),
    },
    additionalPrinterColumns: info.columns.filter(({ name }) => name !== 'Name').map(renderColumn),
    // The full schema is at /openapi/v3, where clients look for it.
    schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  }
}

function renderColumn({ name, type, description, priority, jsonPath }: Column): object {
  return {
    name,
    type,
    description,
    jsonPath: jsonPath.replace(/\.(\d+)/g, '[$1]'),
    ...(priority === 0 ? {} : { priority }),
  }
}

function renderCondition(type: string, reason: string, lastTransitionTime: string): object {
  return { type, status: 'True', reason, message: '', lastTransitionTime }
}
