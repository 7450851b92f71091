import process from 'node:process'

/** The Kubernetes minor whose API this server speaks; tools compare it with their own. */
const KUBERNETES_MINOR = '33'

/** Answer of `/version`. gitVersion carries Capstan's own version as build metadata. */
export function renderVersion(version: string): object {
  return {
    major: '1',
    minor: KUBERNETES_MINOR,
    gitVersion: `v1.${KUBERNETES_MINOR}.0+capstan.${version}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${process.arch}`,
  }
}
