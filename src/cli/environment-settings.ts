import { DATA_DIR_NAME, type Environment, findSocket } from '../config.ts'
import { DEFAULT_NAMESPACE } from '../kinds/meta.ts'
import type { Options } from './options.ts'

/** One effective setting. `source` names the flag, the variable or the rule that gave it. */
export interface Setting {
  readonly name: string
  readonly value: string | undefined
  readonly source: string
}

/** Where the SDK looks when no variable says. */
const SDK = 'default chain of the AWS SDK'

/** What this process goes by. Credentials are named by where they come from only. */
export function environmentSettings(
  environment: Environment,
  options: Options,
): readonly Setting[] {
  const { aws } = environment
  const flags = { socket: options.text('socket'), data: options.text('data') }
  const socket = findSocket(flags, environment)
  return [
    fromFlag(options, 'namespace', DEFAULT_NAMESPACE),
    fromFlag(options, 'data', DATA_DIR_NAME),
    { name: 'socket', value: socket.path, source: socket.source },
    fromFlag(options, 'kubeconfig', undefined),
    fromFlag(options, 'server', undefined),
    { name: 'aws.region', value: aws.region, source: aws.variables.region ?? SDK },
    { name: 'aws.endpoint', value: aws.endpoint, source: aws.variables.endpoint ?? SDK },
    { name: 'aws.profile', value: aws.profile, source: aws.variables.profile ?? SDK },
    {
      name: 'aws.credentials',
      value: aws.credentialSource,
      source: aws.credentialSource === undefined ? 'at most instance metadata' : SDK,
    },
    { name: 'editor', value: environment.editor, source: environment.editorVariable ?? 'default' },
    {
      name: 'colour',
      value: environment.noColor ? 'never' : 'on terminals',
      source: environment.noColor ? 'NO_COLOR or TERM' : 'default',
    },
  ]
}

function fromFlag(options: Options, name: string, fallback: string | undefined): Setting {
  const text = options.text(name)
  return text === undefined
    ? { name, value: fallback, source: 'default' }
    : { name, value: text, source: `--${name}` }
}
