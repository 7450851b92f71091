import { isJsonObject } from '../lib/json.ts'
import type { CliContext, Connection } from './context.ts'

/** Without a name `approve` and `reconcile` mean the folders that the controller follows. */
export async function steerFolders(
  verb: 'approve' | 'reconcile',
  context: CliContext,
  { client }: Connection,
): Promise<number> {
  const answer = await client.json({ method: 'POST', path: `/capstan/sources/${verb}` })
  if (verb === 'approve') {
    const approved = textsOf(answer, 'approved')
    context.stdout.write(approved.map((message) => `approved: ${message}\n`).join(''))
    if (approved.length === 0) context.stderr.write('Nothing is held in any folder.\n')
    return 0
  }
  const folders = textsOf(answer, 'items')
  context.stdout.write(folders.map((folder) => `${folder} reconcile requested\n`).join(''))
  if (folders.length === 0) context.stderr.write('The controller follows no folder.\n')
  return 0
}

function textsOf(answer: unknown, member: string): readonly string[] {
  const list = isJsonObject(answer) ? answer[member] : undefined
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []
}
