import { basename, extname } from 'node:path'
import { importSource, SOURCE_KINDS } from '../../manifest/import/import.ts'
import { type ImportNote, NOTE_KINDS, renderNote } from '../../manifest/import/report.ts'
import { createValidator } from '../../manifest/validator.ts'
import type { CliContext } from '../context.ts'
import { CliError, UsageError } from '../errors.ts'
import { renderJson } from '../json-text.ts'
import { readOfflineTexts } from '../manifest-files.ts'
import { choiceOption, type Options } from '../options.ts'

/** `capstan import FILE`: manifests on stdout, what they could not keep on stderr. Exit code 0 with notes, too. */
export async function importCommand(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  if (words.length !== 1) throw new UsageError('name one file: import prefect.yaml')
  const [file, ...others] = await readOfflineTexts(context, words, options)
  if (!file || others.length > 0) throw new UsageError('name one file, not a folder')
  const kind = choiceOption(options, 'kind', ['auto', ...SOURCE_KINDS])
  const result = importSource({
    text: file.text,
    kind: kind === 'auto' ? undefined : kind,
    fallbackName: options.text('name') ?? basename(file.source, extname(file.source)),
    namespace: options.text('namespace'),
    validator: createValidator(),
  })
  if (!result.ok)
    throw new CliError(`cannot import ${file.source}: ${result.problem.replace(/:\s*$/, '')}`)
  context.stdout.write(await renderAs(result.manifests, options))
  for (const note of result.notes) context.stderr.write(`${renderNote(note)}\n`)
  context.stderr.write(`${summary(result.manifests.length, result.notes)}\n`)
  return 0
}

type Manifests = readonly Readonly<Record<string, unknown>>[]

async function renderAs(manifests: Manifests, options: Options): Promise<string> {
  const format = choiceOption(options, 'output', ['yaml', 'json'] as const)
  if (format === 'json') {
    const [first] = manifests
    const list = { apiVersion: 'v1', kind: 'List', items: manifests }
    return renderJson(manifests.length === 1 ? first : list)
  }
  const { renderManifests } = await import('../yaml-text.ts')
  return renderManifests(manifests)
}

/** `2 objects; 3 lost, 1 changed, 0 to check`. */
function summary(objects: number, notes: readonly ImportNote[]): string {
  const [lost, changed, check] = NOTE_KINDS.map(
    (kind) => notes.filter((note) => note.kind === kind).length,
  )
  const word = objects === 1 ? 'object' : 'objects'
  return `${objects} ${word}; ${lost} lost, ${changed} changed, ${check} to check`
}
