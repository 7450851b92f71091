import type { CliContext, Connection } from './context.ts'
import { UsageError } from './errors.ts'
import type { ListQuery } from './fetch.ts'
import type { Options } from './options.ts'
import type { Resource } from './resources.ts'
import { parseTargets, type Target, type TargetScope } from './targets.ts'

/** -l and --field-selector. */
export function selectorQuery(options: Options): ListQuery {
  return {
    labelSelector: options.text('selector'),
    fieldSelector: options.text('field-selector'),
  }
}

export function hasSelector(options: Options): boolean {
  return options.text('selector') !== undefined || options.text('field-selector') !== undefined
}

/** What the command line names: by words, or by the manifests of -f. Never both. */
export async function selectTargets(
  context: CliContext,
  connection: Connection,
  words: readonly string[],
  options: Options,
): Promise<readonly Target[]> {
  if (options.given('filename') || options.given('kustomize')) {
    if (words.length > 0) {
      throw new UsageError('when paths are provided as input, no resource may be named beside them')
    }
    // The YAML parser costs more time than everything else that a plain `get` loads.
    const { readTargetsOfFiles } = await import('./manifest-targets.ts')
    return readTargetsOfFiles(context, options, connection.namespace)
  }
  return parseTargets(words, scopeOf(connection, options))
}

/** The same for verbs about one kind, where a bare name is enough. */
export function selectByName(
  connection: Connection,
  words: readonly string[],
  options: Options,
  defaultResource: Resource,
): readonly Target[] {
  const isSelection = words.length === 0 && (hasSelector(options) || options.flag('all'))
  const named = isSelection ? [defaultResource.plural] : words
  return parseTargets(named, { ...scopeOf(connection, options), defaultResource })
}

function scopeOf(connection: Connection, options: Options): TargetScope {
  return {
    namespace: connection.namespace,
    allNamespaces: options.flag('all-namespaces'),
    hasSelector: hasSelector(options),
  }
}
