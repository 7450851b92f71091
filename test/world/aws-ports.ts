import type { ManagedAwsAccounts } from '../../src/aws/accounts.ts'
import { AwsError } from '../../src/aws/errors.ts'
import type { AwsAccount } from '../../src/aws/ports.ts'
import { type BuiltTaskDefinition, buildTaskDefinition } from '../../src/aws/task-definition.ts'
import type { EmulatorConfig } from '../../src/emulator/config.ts'
import type { Behaviour } from '../../src/emulator/drivers/none.ts'
import type { Emulator } from '../../src/emulator/emulator.ts'
import type { FaultRule } from '../../src/emulator/faults.ts'
import type { ServedEmulator } from '../../src/emulator/server.ts'
import type { ApiLimits, TemplateSpec } from '../../src/kinds/generated.ts'
import type { FakeClock } from './fake-clock.ts'

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
