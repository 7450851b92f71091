import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describe, test } from 'vitest'
import type { Service } from '../../src/emulator/errors.ts'
import { type Answer, ecsContract, ToolError, type Tools } from '../contract/ecs-contract.ts'

/** What the tools see of the environment: nothing of the machine's own AWS settings. */
const ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_MAX_ATTEMPTS: '1',
  AWS_PAGER: '',
}

function works(file: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore', env: ENVIRONMENT })
    return true
  } catch {
    return false
  }
}

if (works('aws', '--version')) ecsContract('the emulator through the aws CLI', openCli)
else describe.skip('the aws CLI is not installed: `aws --version` failed', () => test('skipped'))

if (works('python3', '-c', 'import boto3')) ecsContract('the emulator through boto3', openBoto3)
else describe.skip('boto3 is not installed: `import boto3` failed', () => test('skipped'))

/** `RunTask` is `run-task` for the CLI and `run_task` for boto3; VPCs are one word. */
function words(operation: string, separator: string): string {
  return operation.replaceAll(/(?<=[a-z])(?=[A-Z])/g, separator).toLowerCase()
}

function openCli(endpoint: string): Tools {
  return {
    showsErrorMembers: false,
    call: (service, operation, input) => callCli(endpoint, service, operation, input),
    close: () => Promise.resolve(),
  }
}

function callCli(
  endpoint: string,
  service: Service,
  operation: string,
  input: object,
): Promise<Answer> {
  const args = [
    service,
    words(operation, '-'),
    '--endpoint-url',
    endpoint,
    '--output',
    'json',
    '--no-paginate',
    '--cli-input-json',
    JSON.stringify(input),
  ]
  return new Promise((resolve, reject) => {
    execFile('aws', args, { env: ENVIRONMENT }, (error, stdout, stderr) => {
      if (!error) {
        resolve(stdout.trim() === '' ? {} : JSON.parse(stdout))
        return
      }
      const [, code, text] = /An error occurred \((\w+(?:\.\w+)*)\)[^:]*: ([^]*)/.exec(stderr) ?? []
      reject(code ? new ToolError(code, `${text}`) : new Error(stderr, { cause: error }))
    })
  })
}

/** Reads one call per line and answers with one line each, so that Python starts once per test. */
const BOTO3_LOOP = `
import boto3, json, sys
from botocore.exceptions import ClientError
clients = {}
for line in sys.stdin:
    call = json.loads(line)
    service = call["service"]
    client = clients.get(service) or clients.setdefault(service, boto3.client(service, endpoint_url=sys.argv[1]))
    try:
        answer = getattr(client, call["operation"])(**call["input"])
        answer.pop("ResponseMetadata")
        reply = {"answer": answer}
    except ClientError as error:
        reply = {"error": error.response["Error"], "resourceIds": error.response.get("resourceIds")}
    print(json.dumps(reply, default=str), flush=True)
`

function openBoto3(endpoint: string): Tools {
  const python = spawn('python3', ['-c', BOTO3_LOOP, endpoint], {
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  return {
    showsErrorMembers: true,
    async call(service, operation, input) {
      const call = { service, operation: words(operation, '_'), input }
      python.stdin.write(`${JSON.stringify(call)}\n`)
      const line = await lines.next()
      if (line.done) throw new Error(`boto3 ended at ${operation}`)
      const { answer, error, resourceIds } = JSON.parse(line.value) as Answer
      if (error) throw new ToolError(error.Code, error.Message, resourceIds ?? undefined)
      return answer
    },
    close: () => ended(python),
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.stdin?.end()
  })
}
