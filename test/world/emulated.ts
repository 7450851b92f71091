import type { EmulatorConfig } from '../../src/emulator/config.ts'
import type { DriverContainer, DriverTask, TaskDriver } from '../../src/emulator/drivers/driver.ts'
import { type Behaviour, createNoneDriver } from '../../src/emulator/drivers/none.ts'
import { createEmulator, type Emulator, type EmulatorReply } from '../../src/emulator/emulator.ts'
import type { AwsError, Service } from '../../src/emulator/errors.ts'
import type { FaultRule } from '../../src/emulator/faults.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { FakeClock } from './fake-clock.ts'
import { seededRandom } from './seeded-random.ts'

// Wire answers are read freely in tests.
// oxlint-disable-next-line typescript/no-explicit-any
export type Wire = any

export interface EmulatedOptions {
  readonly config?: Partial<EmulatorConfig>
  readonly faults?: readonly FaultRule[]
  /** What the simulated containers do; or a driver instead of the simulation. */
  readonly behave?: (container: DriverContainer, task: DriverTask) => Behaviour
  readonly driver?: TaskDriver
  readonly seed?: number
}

/** An emulator on a fake clock with short ways to talk to it. */
export interface Emulated {
  readonly clock: FakeClock
  readonly emulator: Emulator
  call(service: Service, operation: string, input?: object): EmulatorReply
  /** The body of an Ok answer; anything else throws. */
  ecs(operation: string, input?: object): Wire
  logs(operation: string, input?: object): Wire
  ec2(operation: string, input?: object): Wire
  /** The error of an answer; an Ok answer throws. */
  refusal(operation: string, input?: object): AwsError
  /** Registers a small Fargate definition of family `job`, changed by `rest`. */
  register(rest?: object): Wire
  /** Launches a Fargate task of `job`; the first task of the answer. */
  run(rest?: object): Wire
  describeTask(taskArn: string): Wire
}

export const FARGATE_DEFINITION = {
  family: 'job',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [{ name: 'main', image: 'image' }],
}

export const FARGATE_RUN = {
  taskDefinition: 'job',
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60001'] } },
}

export function emulated(options: EmulatedOptions = {}): Emulated {
  const clock = new FakeClock()
  const emulator = createEmulator({
    clock,
    random: seededRandom(options.seed ?? 1),
    driver: options.driver ?? createNoneDriver(options.behave),
    ...(options.config && { config: options.config }),
    ...(options.faults && { faults: { rules: options.faults } }),
  })
  const call = (service: Service, operation: string, input: object = {}): EmulatorReply =>
    emulator.handle({ service, operation, input: structuredClone(input) as JsonObject })
  const body = (reply: EmulatorReply): Wire => {
    if (reply.type !== 'Ok') throw reply.type === 'Error' ? reply.error : new Error('reset')
    return structuredClone(reply.body)
  }
  const ecs = (operation: string, input?: object): Wire => body(call('ecs', operation, input))
  return {
    clock,
    emulator,
    call,
    ecs,
    logs: (operation, input) => body(call('logs', operation, input)),
    ec2: (operation, input) => body(call('ec2', operation, input)),
    refusal(operation, input) {
      const reply = call('ecs', operation, input)
      if (reply.type !== 'Error') throw new Error(`no refusal: ${JSON.stringify(reply)}`)
      return reply.error
    },
    register: (rest) => ecs('RegisterTaskDefinition', { ...FARGATE_DEFINITION, ...rest }),
    run: (rest) => ecs('RunTask', { ...FARGATE_RUN, ...rest }).tasks[0],
    describeTask: (taskArn) =>
      ecs('DescribeTasks', { tasks: [taskArn], include: ['TAGS'] }).tasks[0],
  }
}
