import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { UpOptions } from '../config.ts'
import type { WebhookPort } from '../controllers/automation/perform.ts'
import type { Clock } from '../lib/clock.ts'
import { type Resolve, systemResolve } from '../lib/webhook/guard.ts'
import { createWebhookSender } from '../lib/webhook/send.ts'
import type { Fence } from '../store/fence.ts'

/** Longest secret that is read: secrets are keys and addresses. */
const MAX_SECRET_CHARS = 65_536

/** As in the schema of actions, so that no name leads out of the folder. */
const SECRET_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** How automations of this controller reach the world outside. */
export function openWebhooks(
  options: Pick<UpOptions, 'webhookAllow' | 'webhookSecrets'>,
  deps: {
    readonly clock: Clock
    readonly fence: Pick<Fence, 'check'>
    readonly resolve?: Resolve
  },
): WebhookPort {
  const { clock, fence, resolve = systemResolve } = deps
  const sender = createWebhookSender({ allow: options.webhookAllow, resolve, clock })
  return {
    sender: {
      send(request, signal) {
        // A controller that was replaced by another one says nothing more to anybody.
        fence.check()
        return sender.send(request, signal)
      },
    },
    readSecret: (name) => readSecret(options.webhookSecrets, name),
  }
}

/** The file's text without the line break at its end; read each time, so that a new one counts at once. */
async function readSecret(directory: string, name: string): Promise<string | undefined> {
  if (!SECRET_NAME.test(name)) return undefined
  try {
    const text = await readFile(join(directory, name), 'utf8')
    const value = text.replace(/\r?\n$/, '')
    return value === '' || value.length > MAX_SECRET_CHARS ? undefined : value
  } catch {
    return undefined
  }
}
