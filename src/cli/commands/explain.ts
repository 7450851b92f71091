import type { CliContext } from '../context.ts'
import { UsageError } from '../errors.ts'
import { renderExplanation } from '../explain/render.ts'
import type { Options } from '../options.ts'
import { findResource, unknownResource } from '../resources.ts'

/** `capstan explain run.spec.template`: the schemas as documentation; needs no controller. */
export async function explain(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const [subject, ...others] = words
  if (subject === undefined || others.length > 0) {
    throw new UsageError('name one kind or field: explain run, explain run.spec.template')
  }
  const [kind = '', ...path] = subject.split('.')
  const resource = findResource(kind)
  if (!resource) throw unknownResource(kind)
  const fields = path.map((field) => field.replace(/\[.*\]$/, ''))
  context.stdout.write(renderExplanation(resource, fields, options.flag('recursive')))
  return 0
}
