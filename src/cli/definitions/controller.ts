import type { CommandDefinition, OptionDefinition } from '../definition.ts'
import { LOG_OPTIONS } from './shared-options.ts'

const DRIVER_OPTION: OptionDefinition = {
  flags: '--driver <driver>',
  help: 'what runs local tasks: process (the default: commands without their images), docker (Docker or Podman, by DOCKER_HOST or the usual sockets), none (nothing, time passes)',
  completes: ['process', 'docker', 'none'],
}

const FAULTS_OPTION: OptionDefinition = {
  flags: '--faults <plan>',
  help: 'what is to go wrong at the local endpoint: a file with a fault plan, or the plan itself as JSON',
  completes: 'files',
}

/** Verbs that start something that keeps running. */
export const CONTROLLER_COMMANDS: readonly CommandDefinition[] = [
  {
    name: 'up',
    group: 'Run Capstan:',
    usage: '[DIR...]',
    summary: 'Keep ECS converging to the manifests in the folders',
    description:
      'Runs the controller: applies the manifests in the folders, follows their changes, launches and watches tasks, and serves the API for kubectl and for this command line. With --local it needs no AWS account: an ECS-compatible endpoint runs inside, and tasks are processes of this machine, or containers of Docker or Podman.',
    examples: [
      { comment: 'Follow a folder of manifests', line: 'up ./manifests' },
      { comment: 'The same without an AWS account', line: 'up ./manifests --local' },
      {
        comment: 'Run everything once, print a table, exit 0 when every Run completed',
        line: 'up ./manifests --local --once',
      },
      {
        comment: 'With the images of the tasks, in Docker or Podman',
        line: 'up ./manifests --local --driver docker',
      },
      { comment: 'Only the API: everything comes from apply', line: 'up --listen 127.0.0.1:8443' },
    ],
    options: [
      { flags: '--local', help: 'use an embedded ECS endpoint instead of AWS' },
      DRIVER_OPTION,
      FAULTS_OPTION,
      {
        flags: '--listen <host:port>',
        help: 'address of the HTTPS API (default: a free port of 127.0.0.1, the same one next time), or none',
        completes: ['none', '127.0.0.1:8443'],
      },
      {
        flags: '--heartbeat-listen <host:port>',
        help: 'address at which tasks send heartbeats and events, plain HTTP (default: a port of 127.0.0.1 with --local), or none',
        completes: ['none', '127.0.0.1:8480'],
      },
      {
        flags: '--heartbeat-url <url>',
        help: 'what tasks are told instead of that address, for example of a load balancer',
      },
      {
        flags: '--webhook-allow <host>',
        repeat: true,
        help: 'host or network (CIDR) that webhooks may reach besides public addresses; may be repeated',
        completes: ['127.0.0.1', '10.0.0.0/8'],
      },
      {
        flags: '--webhook-secrets <dir>',
        help: 'folder of files that actions name as secrets (default: webhook-secrets in the data directory)',
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
      'Serves ECS, CloudWatch Logs and the EC2 calls that go with them on one local URL, for aws CLI, boto3 or any SDK. Tasks run as processes of this machine, or as containers of Docker or Podman.',
    examples: [
      { comment: 'On any free port', line: 'local' },
      { comment: 'On a port of your choice', line: 'local --port 4510' },
      {
        comment: 'Where every third answer of RunTask is lost after the task was made',
        line: `local --faults '[{"operation":"RunTask","probability":0.33,"fault":{"type":"reset","effect":"after"}}]'`,
      },
    ],
    options: [
      { flags: '--port <port>', help: 'port to listen on; 0 takes any free one', default: '0' },
      { flags: '--host <host>', help: 'address to listen on', default: '127.0.0.1' },
      DRIVER_OPTION,
      FAULTS_OPTION,
    ],
    load: async () => (await import('../commands/local.ts')).local,
  },
]
