import { LOG_FORMATS, LOG_LEVELS } from '../../config.ts'
import type { OptionDefinition } from '../definition.ts'
import { OUTPUT_WORDS } from '../output-words.ts'

/** Flags that every command takes: where the controller is, and in which namespace to look. */
export const GLOBAL_OPTIONS: readonly OptionDefinition[] = [
  {
    flags: '-n, --namespace <name>',
    help: 'namespace to look in, and of manifests that name none (default "default")',
    completes: 'namespaces',
  },
  {
    flags: '--data <dir>',
    help: 'data directory of the controller (default: the nearest .capstan; of up: .capstan)',
    completes: 'files',
  },
  { flags: '--socket <path>', help: 'socket of the controller', completes: 'files' },
  {
    flags: '--kubeconfig <file>',
    help: 'reach the controller over HTTPS as this kubeconfig says',
    completes: 'files',
  },
  { flags: '--context <name>', help: 'context of the kubeconfig' },
  { flags: '--server <url>', help: 'URL of the API' },
  { flags: '--token <token>', help: 'bearer token for --server' },
  {
    flags: '--certificate-authority <file>',
    help: 'CA that signed the certificate of --server',
    completes: 'files',
  },
  { flags: '--insecure-skip-tls-verify', help: 'take any certificate from --server' },
]

export const FILENAME: OptionDefinition = {
  flags: '-f, --filename <path>',
  help: 'file, folder or - with manifests; may be repeated',
  repeat: true,
  completes: 'files',
}

export const FILE_OPTIONS: readonly OptionDefinition[] = [
  FILENAME,
  { flags: '-R, --recursive', help: 'search the folders of -f with their own folders' },
  { flags: '-k, --kustomize <dir>', help: 'folder with a kustomization', completes: 'files' },
]

export const SELECTOR_OPTIONS: readonly OptionDefinition[] = [
  { flags: '-l, --selector <query>', help: 'only objects with these labels: app=etl,tier!=test' },
  {
    flags: '--field-selector <query>',
    help: 'only objects with these field values: metadata.name=etl',
  },
]

export const ALL_NAMESPACES: OptionDefinition = {
  flags: '-A, --all-namespaces',
  help: 'look in all namespaces',
}

export const ALL: OptionDefinition = {
  flags: '--all',
  help: 'all objects of the kind in the namespace',
}

export const OUTPUT: OptionDefinition = {
  flags: '-o, --output <format>',
  help: `output format: ${OUTPUT_WORDS.map((word) => word.replace(/=$/, '=…')).join(', ')}`,
  completes: OUTPUT_WORDS,
}

export const NAME_OUTPUT: OptionDefinition = {
  flags: '-o, --output <format>',
  help: 'name: print only KIND/NAME',
  completes: ['name'],
}

export const NO_HEADERS: OptionDefinition = {
  flags: '--no-headers',
  help: 'leave the header line out',
}

export const WRITE_OPTIONS: readonly OptionDefinition[] = [
  {
    flags: '--dry-run <strategy>',
    help: 'client: only say what would be sent; server: send it without effect',
    bare: 'client',
    completes: ['none', 'client', 'server'],
  },
  { flags: '--field-manager <name>', help: 'who sets the fields (default "capstan")' },
  {
    flags: '--validate <how>',
    help: 'unknown fields: strict (an error, the default), warn, ignore',
    bare: 'strict',
    completes: ['strict', 'warn', 'ignore'],
  },
  { ...OUTPUT },
  { flags: '--show-managed-fields', help: 'keep metadata.managedFields in the output' },
]

export const TIMEOUT: OptionDefinition = {
  flags: '--timeout <duration>',
  help: 'how long to wait: 90s, 5m, 1h30m',
}

export const LOG_OPTIONS: readonly OptionDefinition[] = [
  {
    flags: '--log-format <format>',
    help: 'json, or pretty for people (the default on a terminal)',
    completes: LOG_FORMATS,
  },
  {
    flags: '--log-level <level>',
    help: `${LOG_LEVELS.join(', ')} (default info)`,
    completes: LOG_LEVELS,
  },
]
