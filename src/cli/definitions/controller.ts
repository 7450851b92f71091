import type { CommandDefinition } from '../definition.ts'
import { LOG_OPTIONS } from './shared-options.ts'

/** Verbs that start something that keeps running. */
export const CONTROLLER_COMMANDS: readonly CommandDefinition[] = [
  {
    name: 'up',
    group: 'Run Capstan:',
    usage: '[DIR...]',
    summary: 'Keep ECS converging to the manifests in the folders',
    description:
      'Runs the controller: applies the manifests in the folders, follows their changes, launches and watches tasks, and serves the API for kubectl and for this command line. With --local it needs no AWS account: an ECS-compatible endpoint runs inside, and tasks are processes of this machine.',
    examples: [
      { comment: 'Follow a folder of manifests', line: 'up ./manifests' },
      { comment: 'The same without an AWS account', line: 'up ./manifests --local' },
      {
        comment: 'Run everything once, print a table, exit 0 when every Run completed',
        line: 'up ./manifests --local --once',
      },
      { comment: 'Only the API: everything comes from apply', line: 'up --listen 127.0.0.1:8443' },
    ],
    options: [
      { flags: '--local', help: 'use an embedded ECS endpoint instead of AWS' },
      {
        flags: '--listen <host:port>',
        help: 'address of the HTTPS API (default: a free port of 127.0.0.1, the same one next time), or none',
        completes: ['none', '127.0.0.1:8443'],
      },
      { flags: '--name <name>', help: 'name of this controller in AWS tags', default: 'default' },
      {
        flags: '--once',
        help: 'apply, converge, print a table and exit: 0 when every Run completed',
      },
      { flags: '--exit-on-idle', help: 'exit when nothing is left to do' },
      ...LOG_OPTIONS,
    ],
    completes: 'files',
    load: async () => (await import('../commands/up.ts')).up,
  },
  {
    name: 'local',
    group: 'Run Capstan:',
    usage: '',
    summary: 'Serve an ECS-compatible endpoint for any AWS client',
    description:
      'Serves ECS, CloudWatch Logs and the EC2 calls that go with them on one local URL, for aws CLI, boto3 or any SDK. Tasks run as processes of this machine.',
    examples: [
      { comment: 'On any free port', line: 'local' },
      { comment: 'On a port of your choice', line: 'local --port 4510' },
    ],
    options: [
      { flags: '--port <port>', help: 'port to listen on; 0 takes any free one', default: '0' },
      { flags: '--host <host>', help: 'address to listen on', default: '127.0.0.1' },
    ],
    load: async () => (await import('../commands/local.ts')).local,
  },
]
