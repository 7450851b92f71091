import { stringify } from 'yaml'

export interface KubeconfigInput {
  /** `https://127.0.0.1:8443` */
  readonly server: string
  /** PEM. */
  readonly certificateAuthority: string
  readonly token: string
  readonly namespace: string
}

/** Name of the cluster, the user and the context. */
const CONTEXT_NAME = 'capstan'

/** A whole kubeconfig as YAML: CA inline, bearer token, one context. */
export function renderKubeconfig(input: KubeconfigInput): string {
  const { server, certificateAuthority, token, namespace } = input
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: CONTEXT_NAME,
          cluster: {
            server,
            'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64'),
          },
        },
      ],
      users: [{ name: CONTEXT_NAME, user: { token } }],
      contexts: [
        {
          name: CONTEXT_NAME,
          context: { cluster: CONTEXT_NAME, user: CONTEXT_NAME, namespace },
        },
      ],
      'current-context': CONTEXT_NAME,
    },
    { lineWidth: 0 },
  )
}
