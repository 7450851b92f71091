import { expect } from 'vitest'
import type { OfflineBodies } from '../../src/aws/offline-render.ts'
import type { Json } from '../../src/lib/json.ts'
import { type ImportResult, importSource } from '../../src/manifest/import/import.ts'
import { renderFiles } from './render.ts'
import { validator } from './validator.ts'

export const IMAGE = 'prefecthq/prefect:2.20-python3.12'

export const ROLE = 'arn:aws:iam::123456789012:role/execution'

export const FAMILY = 'capstan-default-saved'

export function imported(source: Json, fallbackName = 'saved') {
  const text = JSON.stringify(source)
  const result = importSource({
    text,
    kind: undefined,
    fallbackName,
    namespace: undefined,
    validator,
  })
  if (!result.ok) throw new Error(result.problem)
  return result
}

/** Both bodies of the one Deployment in these manifests, without what only Capstan adds. */
export function render(...results: readonly Extract<ImportResult, { ok: true }>[]): {
  readonly taskDefinition?: unknown
  readonly runTask: unknown
} {
  const files = results.flatMap(({ manifests }, file) =>
    manifests.map((manifest, index) => ({
      source: `${file}-${index}`,
      text: JSON.stringify(manifest),
    })),
  )
  const { runs, problems } = renderFiles(files)
  expect(problems).toEqual([])
  expect(runs).toHaveLength(1)
  const bodies = runs.map((run) => withoutOwn(run.bodies)).at(0)
  if (!bodies) throw new Error('nothing was rendered')
  return bodies
}

function withoutOwn({ taskDefinition, runTask }: OfflineBodies) {
  const { clientToken: _, startedBy: __, tags = [], ...request } = runTask
  const labels = tags.filter(({ key }) => !key?.startsWith('capstan.dev/'))
  return {
    ...(taskDefinition && { taskDefinition }),
    runTask: { ...request, ...(labels.length > 0 && { tags: labels }) },
  }
}

export const REGISTERED = '<registered at launch>'

export function network(subnets: readonly string[] = ['<subnets of the default VPC>']) {
  return {
    awsvpcConfiguration: { subnets, securityGroups: [] as string[], assignPublicIp: 'ENABLED' },
  }
}
