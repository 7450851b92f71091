import type { ECSClient } from '@aws-sdk/client-ecs'

type MakeSigner = ECSClient['config']['signer']

/**
 * Lets a client keep its signer. The SDK makes one for each request, from a copy of all settings, a twelfth of
 * what a call takes. Credentials, and with them their renewal, are asked for at each signature all the same. One is
 * kept for each region and service that an endpoint may want the signature for.
 */
export function keepSigner(client: { readonly config: { signer: MakeSigner } }): void {
  const { config } = client
  const make = config.signer
  const kept = new Map<string, ReturnType<MakeSigner>>()
  config.signer = (scheme) => {
    const key = JSON.stringify([scheme?.name, scheme?.signingRegion, scheme?.signingName])
    const known = kept.get(key)
    if (known) return known
    const made = make(scheme)
    kept.set(key, made)
    // What could not be made is made anew for the next request.
    made.catch(() => kept.delete(key))
    return made
  }
}
