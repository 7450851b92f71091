import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { renderFiles } from '../world/render.ts'

/**
 * What ECS is sent for every manifest of the repository. A difference here is a change of what people's
 * manifests do: look at it, then `vitest run --project unit test/golden -u`.
 */
const ROOT = join(import.meta.dirname, '../../manifests')

const PATHS = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .sort()

/** Files of one folder belong together: they refer to each other. */
const FOLDERS = [...new Set(PATHS.map((path) => dirname(path)))]

describe.each(FOLDERS)('manifests/%s', (folder) => {
  const files = PATHS.filter((path) => dirname(path) === folder).map((path) => ({
    source: path,
    text: readFileSync(join(ROOT, path), 'utf8'),
  }))
  const { runs, problems } = renderFiles(files)

  test('can be rendered', () => {
    expect(problems).toEqual([])
    expect(runs.length).toBeGreaterThan(0)
  })

  test.each(runs.map((run) => [run.run.object.metadata.name, run] as const))(
    '%s',
    async (name, { bodies }) => {
      const { taskDefinition, taskDefinitionArn, runTask } = bodies
      const document = {
        ...(taskDefinition ? { taskDefinition } : {}),
        ...(taskDefinitionArn === undefined ? {} : { taskDefinitionArn }),
        runTask,
      }
      const text = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })
      await expect(text).toMatchFileSnapshot(`__golden__/${folder}/${name}.yaml`)
    },
  )
})
