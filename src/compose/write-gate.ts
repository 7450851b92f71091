import type { BeforeWrite } from '../aws/write-gate.ts'
import type { ProbeOutcome } from '../controllers/recovery/controller.ts'
import { invariant } from '../lib/assert.ts'
import type { Fence } from '../store/fence.ts'

/** Stands between the controllers and AWS: closed until it is settled whose database this is. */
export interface WriteGate {
  readonly before: BeforeWrite
  /** `probe`: launches wait for it, and are given up when it finds that this controller has run before. */
  open(fence: Fence, probe: Promise<ProbeOutcome> | undefined): void
}

export function createWriteGate(): WriteGate {
  let opened:
    | { readonly fence: Fence; readonly probe: Promise<ProbeOutcome> | undefined }
    | undefined
  return {
    async before(operation) {
      invariant(opened, 'nothing is written before the identity of the database is settled')
      const { fence, probe } = opened
      if (operation !== 'RunTask') return fence.check()
      const outcome = await probe
      if (outcome === 'Traces' || outcome === 'Stopped') {
        // Later launches are decided with what was found.
        if (outcome === 'Traces') opened = { fence, probe: undefined }
        throw new Error('ECS knows this controller: what has run is found out first')
      }
      await fence.beforeLaunch()
    },
    open(fence, probe) {
      opened = { fence, probe }
    },
  }
}
