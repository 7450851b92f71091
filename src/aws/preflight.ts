import { ECSClient } from '@aws-sdk/client-ecs'
import { type Clock, sleep } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import { clientConfig } from './client-config.ts'
import type { AwsTarget } from './ports.ts'

/** What the SDK's chain gives for a target, found out without calling AWS. */
export type Preflight =
  | { readonly ok: true; readonly region: string }
  /** `message` says what is missing and every way out. */
  | { readonly ok: false; readonly missing: 'Credentials' | 'Region'; readonly message: string }

/** Metadata services that are not there answer by silence. */
const TIMEOUT_MS = 10_000
const NO_REGION = '<none>'

/** Whether requests for the target could be signed and sent: for one clear error at the start instead of one per run. */
export async function resolveCredentials(target: AwsTarget, clock: Clock): Promise<Preflight> {
  const region = await resolveRegion(target)
  const client = new ECSClient(clientConfig({ ...target, region: region ?? NO_REGION }))
  try {
    await withTimeout(client.config.credentials(), clock)
  } catch (error) {
    return { ok: false, missing: 'Credentials', message: noCredentials(target, error) }
  } finally {
    client.destroy()
  }
  return region === undefined
    ? { ok: false, missing: 'Region', message: NO_REGION_MESSAGE }
    : { ok: true, region }
}

async function resolveRegion(target: AwsTarget): Promise<string | undefined> {
  if (target.region !== undefined) return target.region
  const client = new ECSClient(target.profile === undefined ? {} : { profile: target.profile })
  try {
    return await client.config.region()
  } catch {
    return undefined
  } finally {
    client.destroy()
  }
}

const NO_REGION_MESSAGE =
  'AWS credentials were found, but no region: set AWS_REGION (or aws.region of the WorkPool), or start with --local to run tasks on this machine without AWS.'

function noCredentials(target: AwsTarget, error: unknown): string {
  const where = target.profile === undefined ? '' : ` for profile ${target.profile}`
  return [
    `No AWS credentials were found${where} (${errorMessage(error)}).`,
    'Start with --local to run tasks on this machine without AWS,',
    'or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached.',
  ].join(' ')
}

async function withTimeout<T>(answer: Promise<T>, clock: Clock): Promise<T> {
  const stop = new AbortController()
  const timeout = sleep(clock, TIMEOUT_MS, stop.signal).then(() => {
    throw new Error(`nothing answered within ${TIMEOUT_MS / 1_000} s`)
  })
  try {
    return await Promise.race([answer, timeout])
  } finally {
    stop.abort(new Error('no longer needed'))
    timeout.catch(() => undefined)
  }
}
