import { expect } from 'vitest'
import { createAwsAccounts, type ManagedAwsAccounts } from '../../src/aws/accounts.ts'
import { chooseCapacity } from '../../src/aws/capacity.ts'
import { AwsError } from '../../src/aws/errors.ts'
import { UNLIMITED } from '../../src/aws/limits.ts'
import { chooseNetwork } from '../../src/aws/network.ts'
import type { AwsAccount, RunTaskBody } from '../../src/aws/ports.ts'
import { buildRunTask } from '../../src/aws/run-task.ts'
import { type BuiltTaskDefinition, buildTaskDefinition } from '../../src/aws/task-definition.ts'
import { hasErrors } from '../../src/aws/template-problem.ts'
import type { EmulatorConfig } from '../../src/emulator/config.ts'
import { type Behaviour, createNoneDriver } from '../../src/emulator/drivers/none.ts'
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { type ServedEmulator, serveEmulator } from '../../src/emulator/server.ts'
import type { ApiLimits, TemplateSpec } from '../../src/kinds/generated.ts'
import { FakeClock } from './fake-clock.ts'
import { seededRandom } from './seeded-random.ts'

export interface World {
  readonly clock: FakeClock
  readonly emulator: Emulator
  readonly served: ServedEmulator
  readonly accounts: ManagedAwsAccounts
  readonly account: AwsAccount
}

export interface WorldOptions {
  readonly config?: Partial<EmulatorConfig>
  readonly faults?: readonly FaultRule[]
  readonly behave?: () => Behaviour
  readonly apiLimits?: ApiLimits
}

export const NAMES = { region: 'us-east-1', family: 'job', logPrefix: 'default/job' }

export function define(template: TemplateSpec, rung = 0): BuiltTaskDefinition {
  return buildTaskDefinition({ template, rung, ...NAMES })
}

export async function failure(call: Promise<unknown>): Promise<AwsError> {
  const thrown: unknown = await call.catch((error: unknown) => error)
  if (thrown instanceof AwsError) return thrown
  throw new Error(`no AwsError: ${String(thrown)}`)
}

/** The ports over an emulator behind HTTP, in one process, with a clock that the test moves. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const clock = new FakeClock()
  const random = seededRandom(11)
  const emulator = createEmulator({
    clock,
    random,
    driver: createNoneDriver(options.behave),
    config: options.config ?? {},
    faults: { rules: options.faults ?? [] },
  })
  const served = await serveEmulator({ emulator, clock, random })
  const accounts = createAwsAccounts({
    clock,
    region: 'us-east-1',
    endpoint: served.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    apiLimits: options.apiLimits ?? UNLIMITED,
    version: '0.0.0-test',
  })
  return { clock, emulator, served, accounts, account: accounts.account({}) }
}

export async function stopWorld({ accounts, served, clock }: World): Promise<void> {
  accounts.close()
  await served.close()
  expect(clock.pendingTimers).toBe(0)
}

/** Everything up to the frozen body, as a launch does it. */
export async function prepare(
  { account }: World,
  template: TemplateSpec,
  token = 'token-1',
): Promise<RunTaskBody> {
  const { ecs, network } = account
  const definition = define(template)
  const revision = await ecs.registerTaskDefinition(definition.body)
  const chosen = chooseNetwork(
    template,
    await network.read(undefined),
    chooseCapacity(template, 0).platform,
  )
  if ('problem' in chosen) throw new Error(chosen.problem.message)
  const built = buildRunTask({
    template,
    rung: 0,
    taskDefinition: revision.taskDefinitionArn,
    definition: definition.body,
    containerName: definition.containerName,
    network: definition.body.networkMode === 'awsvpc' ? chosen.networkConfiguration : undefined,
    tags: { 'capstan.dev/run': 'default/job' },
    clientToken: token,
    startedBy: 'capstan-1',
  })
  expect(hasErrors([...definition.problems, ...built.problems])).toBe(false)
  return built.body
}
