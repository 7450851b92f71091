import { createHmac } from 'node:crypto'

export const SIGNATURE_HEADER = 'Capstan-Signature'

/**
 * `t=<seconds>,v1=<hex>`: HMAC-SHA256 with the secret over `<seconds>.<body>`. The time is in it so that a
 * receiver can refuse what somebody recorded and sends again.
 */
export function signature(secret: string, body: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${digest}`
}
