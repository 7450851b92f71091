import type { ApiClient } from '../client.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../errors.ts'
import { renderJson } from '../json-text.ts'
import { listAt, textAt } from '../objects.ts'
import { choiceOption, type Options } from '../options.ts'
import { printTable } from '../table.ts'
import { lifetimeSeconds } from './kubeconfig.ts'

const PATH = '/capstan/tokens'
const USAGE = 'write token create NAME, token list, or token revoke ID or NAME'

interface Call {
  readonly context: CliContext
  readonly client: ApiClient
  readonly names: readonly string[]
  readonly options: Options
}

const VERBS: Readonly<Partial<Record<string, (call: Call) => Promise<void>>>> = {
  create: createToken,
  list: listTokens,
  revoke: revokeTokens,
}

/** `capstan token create|list|revoke`: who may use the API over HTTPS. */
export async function tokenCommand(
  context: CliContext,
  [verb = '', ...names]: readonly string[],
  options: Options,
): Promise<number> {
  const run = VERBS[verb]
  if (!run) throw new UsageError(USAGE)
  const { client } = await context.connect(options)
  await run({ context, client, names, options })
  return 0
}

/** The token alone on stdout, so that it can be piped; what else there is to say on stderr. */
async function createToken({ context, client, names, options }: Call): Promise<void> {
  const [name, ...more] = names
  if (name === undefined || more.length > 0) throw new UsageError('write token create NAME')
  const body = { name, role: options.text('role'), expiresInSeconds: lifetimeSeconds(options) }
  const made = await client.json({ method: 'POST', path: PATH, body })
  if (await printWhole(context, options, made)) return
  const until = textAt(made, 'expiresAt')
  const end = until === undefined ? 'It does not expire.' : `It expires at ${until}.`
  context.stderr.write(
    `token ${name} (${textAt(made, 'id')}) may ${textAt(made, 'role')}. ${end} It is shown this once:\n`,
  )
  context.stdout.write(`${textAt(made, 'token')}\n`)
}

async function listTokens({ context, client, names, options }: Call): Promise<void> {
  if (names.length > 0) throw new UsageError('token list takes no names')
  const list = await client.json({ path: PATH })
  if (await printWhole(context, options, list)) return
  const rows = listAt(list, 'items').map((token) => [
    textAt(token, 'id') ?? '',
    textAt(token, 'name') ?? '',
    textAt(token, 'role') ?? '',
    textAt(token, 'createdAt') ?? '',
    (token['expired'] === true ? 'expired ' : '') + (textAt(token, 'expiresAt') ?? 'never'),
    textAt(token, 'lastUsedAt') ?? 'never',
  ])
  if (rows.length === 0) context.stderr.write('No tokens found\n')
  else {
    const header = ['ID', 'NAME', 'ROLE', 'CREATED', 'EXPIRES', 'LAST USED (HOUR)']
    context.stdout.write(printTable([header, ...rows]).text)
  }
}

async function revokeTokens({ context, client, names, options }: Call): Promise<void> {
  if (names.length === 0) throw new UsageError('write token revoke ID, or token revoke NAME')
  for (const name of names) {
    const gone = await client.json({
      method: 'DELETE',
      path: `${PATH}/${encodeURIComponent(name)}`,
    })
    if (await printWhole(context, options, gone)) continue
    for (const token of listAt(gone, 'items')) {
      context.stdout.write(`token ${textAt(token, 'name')} (${textAt(token, 'id')}) revoked\n`)
    }
  }
}

/** With `-o`; whether it was asked for. */
async function printWhole(
  { stdout }: CliContext,
  options: Options,
  value: unknown,
): Promise<boolean> {
  const format = choiceOption(options, 'output', ['json', 'yaml'] as const)
  if (format === 'json') stdout.write(renderJson(value))
  if (format === 'yaml') stdout.write((await import('../yaml-text.ts')).renderYaml(value))
  return format !== undefined
}
