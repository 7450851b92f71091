import { type Client, expectMatch } from './client.ts'
import { MORE_STEPS } from './kubectl-more-steps.ts'
import { STEPS, type Step, writeFiles } from './kubectl-steps.ts'
import { findKubectls, type KubectlWorld, startKubectlWorld } from './kubectl-world.ts'

/** Between two doings of what goes on while a command runs. */
const MEANWHILE_MS = 500

const ALL_STEPS: Readonly<Record<string, readonly Step[]>> = { ...STEPS, ...MORE_STEPS }

/** Every kubectl of this machine. */
export function kubectlClients(): readonly Client[] {
  const found = findKubectls()
  if (found.length === 0) {
    return [{ name: 'kubectl', missing: 'there is no kubectl on PATH', checks: [], open: refuse }]
  }
  return found.map((kubectl) => {
    const steps = namedSteps(kubectl.minor)
    return {
      name: `${kubectl.name} (1.${kubectl.minor})`,
      checks: [...steps.keys()],
      async open() {
        const world = await startKubectlWorld(kubectl)
        writeFiles(world.directory)
        return {
          check: (name) => checkStep(world, steps.get(name)),
          close: () => world.close(),
        }
      },
    }
  })
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('there is no such client'))
}

function namedSteps(minor: number): ReadonlyMap<string, Step> {
  const entries = Object.entries(ALL_STEPS).flatMap(([topic, steps]) =>
    steps
      .map((step, index) => [`${topic} ${index} ${step.args}`, step] as const)
      .filter(([, { since = 0, before = 99 }]) => minor >= since && minor < before),
  )
  return new Map(entries)
}

async function checkStep(world: KubectlWorld, step: Step | undefined): Promise<void> {
  if (!step) throw new Error('there is no such check')
  step.prepare?.(world)
  let nth = 0
  const going = setInterval(() => step.meanwhile?.(world, nth++), MEANWHILE_MS)
  const result = await world
    .kubectl(splitArgs(step.args), step.options)
    .finally(() => clearInterval(going))
  const shown = JSON.stringify(result)
  expectMatch(result.out, step.out ?? '', shown)
  expectMatch(result.err, step.err ?? '', shown)
  if (result.code !== (step.code ?? 0)) throw new Error(`exit code ${result.code}: ${shown}`)
}

/** Split at blanks; `'...'` keeps blanks together. */
function splitArgs(line: string): readonly string[] {
  return [...line.matchAll(/(?:[^\s']+|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''))
}
