import type { WebhookPort } from '../../src/controllers/automation/perform.ts'
import type { WebhookRequest, WebhookResult } from '../../src/lib/webhook/send.ts'
import { SECOND } from './builders.ts'

export const IMAGE = { image: 'busybox' }

export const FAILS = () => ({ runMs: SECOND, exitCode: 3 })

export const NEVER_ENDS = () => ({})

/** A receiver that takes everything, or answers as it is told. */
export function receiver(answers: readonly WebhookResult[] = []): WebhookPort & {
  readonly received: WebhookRequest[]
} {
  const received: WebhookRequest[] = []
  return {
    received,
    readSecret: (name) => Promise.resolve(name === 'known' ? 'hush' : undefined),
    sender: {
      send(request) {
        received.push(request)
        const answer = answers[received.length - 1] ?? { type: 'Delivered', status: 200 }
        return Promise.resolve(answer)
      },
    },
  }
}
