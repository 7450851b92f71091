import type { ECSClientConfig } from '@aws-sdk/client-ecs'
import type { AwsTarget } from './ports.ts'

export interface StaticCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** A target whose region is known, and what the process adds to it. */
export interface ClientSettings {
  readonly region: string
  readonly endpoint?: string | undefined
  readonly profile?: string | undefined
  readonly assumeRole?: AwsTarget['assumeRole'] | undefined
  readonly credentials?: StaticCredentials | undefined
  readonly version?: string | undefined
}

/** The first request and two repeats: the SDK's standard. More would only use up its retry quota. */
const MAX_ATTEMPTS = 3
/** ECS answers within a second; after this time the answer is lost. */
const CONNECTION_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 30_000
/** Calls under way at once per client; the rate buckets bound them further. */
const MAX_SOCKETS = 100
const DEFAULT_SESSION_NAME = 'capstan'

/** Members that the clients of all services take alike. */
type CommonConfig = Pick<
  ECSClientConfig,
  | 'region'
  | 'endpoint'
  | 'credentials'
  | 'retryMode'
  | 'maxAttempts'
  | 'requestHandler'
  | 'customUserAgent'
>

/** How every client is set up: standard retries beneath Capstan's own buckets, own user agent, bounded times. */
export function clientConfig(settings: ClientSettings): CommonConfig {
  const { region, endpoint, version = '0' } = settings
  const credentials = settings.credentials ?? credentialProvider(settings)
  return {
    region,
    retryMode: 'standard',
    maxAttempts: MAX_ATTEMPTS,
    customUserAgent: [['capstan', version]],
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpsAgent: { maxSockets: MAX_SOCKETS, keepAlive: true },
      httpAgent: { maxSockets: MAX_SOCKETS, keepAlive: true },
    },
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
  }
}

type Provider = () => Promise<StaticCredentials>

/**
 * Undefined: the SDK's default chain. Providers are loaded when the first request is signed, and renew
 * what they gave before it expires.
 */
function credentialProvider(settings: ClientSettings): Provider | undefined {
  const { profile, assumeRole, region } = settings
  if (profile === undefined && assumeRole === undefined) return undefined
  let provider: Promise<Provider> | undefined
  const make = async (): Promise<Provider> => {
    const providers = await import('@aws-sdk/credential-providers')
    // Who corrects a profile need not start the controller again.
    const source = providers.fromNodeProviderChain({
      ignoreCache: true,
      ...(profile !== undefined && { profile }),
    })
    if (!assumeRole) return source
    const { roleArn, externalId, sessionName, durationSeconds } = assumeRole
    return providers.fromTemporaryCredentials({
      masterCredentials: source,
      clientConfig: { region },
      params: {
        RoleArn: roleArn,
        RoleSessionName: sessionName ?? DEFAULT_SESSION_NAME,
        ...(externalId !== undefined && { ExternalId: externalId }),
        ...(durationSeconds !== undefined && { DurationSeconds: durationSeconds }),
      },
    })
  }
  return async () => {
    provider ??= make()
    return (await provider)()
  }
}
