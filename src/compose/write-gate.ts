import type { BeforeWrite, WriteTarget } from '../aws/write-gate.ts'
import { invariant } from '../lib/assert.ts'
import type { Fence } from '../store/fence.ts'

/** Stands between the controllers and AWS: closed until it is settled whose database this is. */
export interface WriteGate {
  readonly before: BeforeWrite
  open(fence: Fence, launches: LaunchChecks): void
}

export interface LaunchChecks {
  /** Launches wait for it, and where it rejects they are given up; see RecoveryPart. */
  readonly before: ((launch: WriteTarget) => Promise<void>) | undefined
  /** Asked last, when nothing is waited for any more; throws where a launch may not leave. See createLaunchAge. */
  readonly judge: (launch: WriteTarget) => void
}

export function createWriteGate(): WriteGate {
  let opened: { readonly fence: Fence; readonly launches: LaunchChecks } | undefined
  return {
    async before(operation, target) {
      invariant(opened, 'nothing is written before the identity of the database is settled')
      const { fence, launches } = opened
      if (operation !== 'RunTask') return fence.check()
      await launches.before?.(target)
      await fence.beforeLaunch()
      launches.judge(target)
    },
    open(fence, launches) {
      opened = { fence, launches }
    },
  }
}
