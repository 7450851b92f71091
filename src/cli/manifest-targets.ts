import type { CliContext } from './context.ts'
import { CliError } from './errors.ts'
import { readManifests } from './manifest-files.ts'
import type { Options } from './options.ts'
import type { ObjectTarget } from './targets.ts'

/** The objects that the manifests of -f name, for verbs that only need the names. */
export async function readTargetsOfFiles(
  context: CliContext,
  options: Options,
  defaultNamespace: string,
): Promise<readonly ObjectTarget[]> {
  const manifests = await readManifests(context, options, defaultNamespace)
  return manifests.map(({ object, resource, namespace, source }) => {
    const { name } = object.metadata as { readonly name?: string }
    if (name === undefined) {
      throw new CliError(`${source}: an object with generateName has no name to find it by`)
    }
    return { type: 'Object', resource, namespace, name }
  })
}
