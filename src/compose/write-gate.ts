import type { BeforeWrite, WriteTarget } from '../aws/write-gate.ts'
import { invariant } from '../lib/assert.ts'
import type { Fence } from '../store/fence.ts'

/** Stands between the controllers and AWS: closed until it is settled whose database this is. */
export interface WriteGate {
  readonly before: BeforeWrite
  /** `beforeLaunch`: launches wait for it, and where it rejects they are given up; see RecoveryPart. */
  open(fence: Fence, beforeLaunch: BeforeLaunch | undefined): void
}

type BeforeLaunch = (launch: WriteTarget) => Promise<void>

export function createWriteGate(): WriteGate {
  let opened: { readonly fence: Fence; readonly beforeLaunch: BeforeLaunch | undefined } | undefined
  return {
    async before(operation, target) {
      invariant(opened, 'nothing is written before the identity of the database is settled')
      const { fence, beforeLaunch } = opened
      if (operation !== 'RunTask') return fence.check()
      await beforeLaunch?.(target)
      await fence.beforeLaunch()
    },
    open(fence, beforeLaunch) {
      opened = { fence, beforeLaunch }
    },
  }
}
