import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { parseManifest } from '../../manifest/parse.ts'
import { renderProblem } from '../../manifest/problem.ts'
import type { CliContext, Connection } from '../context.ts'
import { ApiError, CliError, renderError, UsageError } from '../errors.ts'
import { fetchObject, pathOf } from '../fetch.ts'
import type { ApiObject } from '../objects.ts'
import type { Options } from '../options.ts'
import { nameOf, withoutManagedFields } from '../output-format.ts'
import { selectTargets } from '../selection.ts'
import type { ObjectTarget } from '../targets.ts'
import { twoWayPatch } from '../three-way.ts'
import { renderYaml } from '../yaml-text.ts'

/** Times that a refused text is offered again, so that an editor that saves by itself does not go round for ever. */
const MAX_ROUNDS = 20

const INTRODUCTION = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`

/** `capstan edit`: the live object in the user's editor; what was changed there is sent as a merge patch. */
export async function edit(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const connection = await context.connect(options)
  const [target, ...others] = await selectTargets(context, connection, words, options)
  if (target?.type !== 'Object' || others.length > 0) {
    throw new UsageError('edit takes one object: KIND/NAME')
  }
  const live = withoutManagedFields(await fetchObject(connection.client, target))
  const directory = mkdtempSync(join(tmpdir(), 'capstan-edit-'))
  const file = join(directory, `${live.metadata.name}.yaml`)
  const message = await editRounds({ context, connection, target, live, file })
  rmSync(directory, { recursive: true })
  context.stdout.write(`${message}\n`)
  return 0
}

interface Editing {
  readonly context: CliContext
  readonly connection: Connection
  readonly target: ObjectTarget
  readonly live: ApiObject
  readonly file: string
}

/** Opens the editor until the text is taken, left unchanged, or emptied. */
async function editRounds(editing: Editing): Promise<string> {
  const { context, live, file } = editing
  let text = renderYaml(live)
  let complaint = ''
  for (let round = 0; round < MAX_ROUNDS; round++) {
    writeFileSync(file, INTRODUCTION + complaint + text, { mode: 0o600 })
    const exitCode = await context.programs.openEditor(file)
    if (exitCode !== 0) throw new CliError(`the editor ended with exit code ${exitCode}`)
    const edited = readFileSync(file, 'utf8').replace(/^#.*\n/gm, '')
    if (edited.trim() === '') return 'Edit cancelled, saved file was empty.'
    if (edited === text) {
      if (complaint === '') return 'Edit cancelled, no changes made.'
      throw new CliError(`Edit cancelled, no valid changes were saved. They are kept in ${file}`)
    }
    const problem = await tryText(editing, edited)
    if (problem === undefined) return `${nameOf(live)} edited`
    complaint = `${problem.replace(/^/gm, '# ')}\n#\n`
    text = edited
  }
  throw new CliError(`Edit cancelled after ${MAX_ROUNDS} rounds. The text is kept in ${file}`)
}

/** What is wrong with the text, for people; undefined when the server took it. */
async function tryText(editing: Editing, text: string): Promise<string | undefined> {
  const { documents, problems } = parseManifest('edited', text)
  if (problems.length > 0) return problems.map((problem) => renderProblem(problem, text)).join('\n')
  const value = documents[0]?.value
  if (!isJsonObject(value)) return 'the text is no object'
  try {
    await sendChange(editing, twoWayPatch(editing.live, value))
    return undefined
  } catch (error) {
    if (error instanceof ApiError && error.status.code < 500) return renderError(error)
    throw error
  }
}

/** Without resourceVersion, as kubectl does it: edits of different fields at the same time both hold. */
async function sendChange({ connection, target }: Editing, patch: JsonObject): Promise<void> {
  await connection.client.json({
    method: 'PATCH',
    path: pathOf(target),
    query: { fieldManager: 'capstan-edit', fieldValidation: 'Strict' },
    contentType: 'application/merge-patch+json',
    body: patch,
  })
}
