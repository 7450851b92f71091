import { ECSClient } from '@aws-sdk/client-ecs'
import type { ApiLimits } from '../kinds/generated.ts'
import type { Clock } from '../lib/clock.ts'
import { canonicalJson } from '../lib/json.ts'
import { type BucketMetrics, createRateBuckets, type RateBuckets } from './buckets.ts'
import { createCall } from './call.ts'
import { type ClientSettings, clientConfig, type StaticCredentials } from './client-config.ts'
import { createEcsPort } from './ecs.ts'
import { LOCAL_CODES } from './error-texts.ts'
import { AwsError } from './errors.ts'
import { combineLimits } from './limits.ts'
import { createLogsPort } from './logs.ts'
import { keepSigner } from './one-signer.ts'
import type { AwsAccount, AwsAccounts, AwsTarget } from './ports.ts'
import { createNetworkPort } from './vpc.ts'
import { type BeforeWrite, gateWrites } from './write-gate.ts'

export interface AwsAccountsOptions {
  readonly clock: Clock
  /** Region of targets that name none: what the SDK's default chain says (preflight.ts), or the local endpoint's. */
  readonly region?: string | undefined
  /** Endpoint of targets that name none; without it the SDK's own (AWS_ENDPOINT_URL counts). */
  readonly endpoint?: string | undefined
  /** For the local endpoint: used for every target, and no profile or role is looked at. */
  readonly credentials?: StaticCredentials | undefined
  /** Limits of every account; those of pools come on top (setApiLimits). */
  readonly apiLimits?: ApiLimits | undefined
  /** Capstan's version, for the user agent. */
  readonly version?: string | undefined
  /** Asked before every call that changes something. */
  readonly beforeWrite?: BeforeWrite | undefined
  /** Told of every account that is opened; targets hold no secrets. */
  readonly log?: ((message: string, details: Readonly<Record<string, unknown>>) => void) | undefined
}

/** Accounts, and what the process does with them beside calling. */
export interface ManagedAwsAccounts extends AwsAccounts {
  /**
   * The limits that `owner`, for example a WorkPool's key, wants for the target's account; undefined
   * takes them back. Where owners differ the lowest counts, because the buckets are the account's.
   */
  setApiLimits(target: AwsTarget, owner: string, limits: ApiLimits | undefined): void
  /** The state of all buckets, by account id. */
  metrics(): Readonly<Record<string, readonly BucketMetrics[]>>
}

interface SharedBuckets {
  readonly buckets: RateBuckets
  readonly owners: Map<string, ApiLimits>
}

interface OpenAccount {
  readonly account: AwsAccount
  readonly destroy: () => void
}

/** SDK clients and ports per target, rate buckets per account. */
export function createAwsAccounts(options: AwsAccountsOptions): ManagedAwsAccounts {
  const { clock, apiLimits = {} } = options
  const open = new Map<string, OpenAccount>()
  const shared = new Map<string, SharedBuckets>()

  function sharedBuckets(id: string): SharedBuckets {
    const found = shared.get(id)
    if (found) return found
    const made = {
      buckets: createRateBuckets(clock, apiLimits),
      owners: new Map<string, ApiLimits>(),
    }
    shared.set(id, made)
    return made
  }

  return {
    account(target) {
      const key = canonicalJson(target)
      const found = open.get(key)
      if (found) return found.account
      const settings = toSettings(target, options)
      const id = accountId(settings)
      const made = openAccount(id, settings, sharedBuckets(id).buckets, options)
      open.set(key, made)
      options.log?.('AWS account opened', { account: id, region: settings.region })
      return made.account
    },
    setApiLimits(target, owner, limits) {
      const { buckets, owners } = sharedBuckets(accountId(toSettings(target, options)))
      if (limits) owners.set(owner, limits)
      else owners.delete(owner)
      buckets.configure(combineLimits(apiLimits, [...owners.values()]))
    },
    metrics: () =>
      Object.fromEntries([...shared].map(([id, { buckets }]) => [id, buckets.metrics()])),
    close() {
      for (const { buckets } of shared.values()) buckets.close()
      for (const { destroy } of open.values()) destroy()
      open.clear()
    },
  }
}

function toSettings(target: AwsTarget, options: AwsAccountsOptions): ClientSettings {
  const region = target.region ?? options.region
  if (region === undefined) {
    const message = 'no region is configured: set aws.region of the WorkPool, or AWS_REGION'
    throw new AwsError({ operation: 'Configure', code: LOCAL_CODES.noRegion, message, sent: false })
  }
  const { credentials, version } = options
  const identity = credentials ? {} : { profile: target.profile, assumeRole: target.assumeRole }
  return {
    region,
    endpoint: target.endpoint ?? options.endpoint,
    credentials,
    version,
    ...identity,
  }
}

/**
 * Endpoint, region and whose account it is, as far as settings tell: roles of one account share its
 * quotas and its task definitions. Two names for one account only mean two sets of buckets, which
 * throttling then lowers.
 */
function accountId({ region, endpoint, profile, assumeRole }: ClientSettings): string {
  const ofRole = /^arn:[^:]*:iam::(\d+):/.exec(assumeRole?.roleArn ?? '')?.[1]
  const owner = ofRole ?? assumeRole?.roleArn ?? profile ?? 'default'
  return [endpoint ?? 'aws', region, owner].join(' ')
}

/** The SDK's own middleware that copies each request and each answer for a log that nobody reads. */
const SDK_LOGGER = 'loggerMiddleware'

function openAccount(
  id: string,
  settings: ClientSettings,
  buckets: RateBuckets,
  { clock, beforeWrite }: AwsAccountsOptions,
): OpenAccount {
  const config = clientConfig(settings)
  const call = createCall(buckets)
  const ecs = new ECSClient(config)
  if (beforeWrite) gateWrites(ecs, id, beforeWrite)
  const logs = once(async () => {
    const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs')
    const client = new CloudWatchLogsClient(config)
    client.middlewareStack.remove(SDK_LOGGER)
    return client
  })
  ecs.middlewareStack.remove(SDK_LOGGER)
  keepSigner(ecs)
  const ec2 = once(async () => {
    const { EC2Client } = await import('@aws-sdk/client-ec2')
    return new EC2Client(config)
  })
  return {
    account: {
      id,
      region: settings.region,
      ecs: createEcsPort(ecs, call),
      network: createNetworkPort({ clock, call, loadClient: ec2.get }),
      logs: createLogsPort(logs.get, call),
    },
    destroy() {
      ecs.destroy()
      void logs.made()?.then((client) => client.destroy())
      void ec2.made()?.then((client) => client.destroy())
    },
  }
}

/** Makes a thing when it is first wanted. */
function once<T>(make: () => Promise<T>): {
  readonly get: () => Promise<T>
  readonly made: () => Promise<T> | undefined
} {
  let thing: Promise<T> | undefined
  return {
    get: () => {
      thing ??= make()
      return thing
    },
    made: () => thing,
  }
}
