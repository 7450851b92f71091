import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files in one folder: as many as people put there. */
const PER_FOLDER = 1_000

const SUSPENDED_POOL = `apiVersion: capstan.dev/v1
kind: WorkPool
metadata:
  name: parked
spec:
  suspend: true
`

/** Writes a suspended pool and `count` runs in it, a file each; returns the folder. */
export function writeParkedRuns(folder: string, count: number): string {
  const root = join(folder, 'manifests')
  mkdirSync(root)
  writeFileSync(join(root, 'pool.yaml'), SUSPENDED_POOL)
  for (let index = 0; index < count; index += 1) {
    const place = join(root, `part-${Math.floor(index / PER_FOLDER)}`)
    if (index % PER_FOLDER === 0) mkdirSync(place)
    writeFileSync(join(place, `parked-${index}.yaml`), runText(`parked-${index}`, 'parked'))
  }
  return root
}

/** Puts a file there in one step, as careful writers do; returns when, epoch milliseconds. */
export function dropRun(root: string, name: string): number {
  const draft = join(root, `.${name}.tmp`)
  writeFileSync(draft, runText(name, 'default'))
  renameSync(draft, join(root, `${name}.yaml`))
  return performance.timeOrigin + performance.now()
}

function runText(name: string, pool: string): string {
  return `apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: ${name}
  labels:
    team: data
spec:
  workPool: ${pool}
  template:
    image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/etl:latest
    family: bench
    command: [python, -m, etl.main, --table, ${name}]
    cpu: 256
    memory: 512
    env:
      TABLE: ${name}
      STAGE: production
`
}
