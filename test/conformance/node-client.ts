import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from './client.ts'
import { startWorld } from './kubectl-world.ts'
import { type Check, type Library, NODE_CHECKS } from './node-checks.ts'
import { NODE_STREAMS } from './node-streams.ts'

const CHECKS: Readonly<Record<string, Check>> = { ...NODE_CHECKS, ...NODE_STREAMS }

const LIBRARIES: Readonly<Record<string, () => Promise<Library>>> = {
  // The two majors differ in types that none of the checks is about.
  'client-node-1': async () => (await import('client-node-1')) as unknown as Library,
  'client-node-2': () => import('client-node-2'),
}

/** Both majors of the official client for Node. */
export function nodeClients(): readonly Client[] {
  return Object.entries(LIBRARIES).map(([folder, load]) => ({
    name: `@kubernetes/client-node ${versionOf(folder)}`,
    checks: Object.keys(CHECKS),
    async open() {
      const library = await load()
      const world = await startWorld()
      const config = new library.KubeConfig()
      config.loadFromFile(join(world.directory, 'kubeconfig'))
      return {
        async check(name) {
          await CHECKS[name]?.({ library, config, world })
        },
        close: () => world.close(),
      }
    },
  }))
}

function versionOf(folder: string): string {
  const file = join(import.meta.dirname, '../../node_modules', folder, 'package.json')
  const { version }: { readonly version: string } = JSON.parse(readFileSync(file, 'utf8'))
  return version
}
