import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliWorld, startCliWorld } from '../world/cli.ts'

const TEMPLATE = readFileSync(
  join(import.meta.dirname, '../fixtures/base-job-template.json'),
  'utf8',
)
const PREFECT_YAML = `deployments:
- name: nightly
  entrypoint: flows/etl.py:main
  build: [{x: {}}]
  work_pool: {name: ecs, job_variables: {image: busybox, env: {PASSWORD: hunter2}}}
`

let world: CliWorld

beforeAll(async () => {
  world = await startCliWorld()
})

afterAll(async () => {
  await world.close()
})

describe('import', () => {
  test('prints manifests that apply takes, and the report beside them', async () => {
    const pool = await world.run('import - --name ecs', { stdin: TEMPLATE })
    const deployment = await world.run('import -', { stdin: PREFECT_YAML })
    expect([pool.exitCode, deployment.exitCode]).toEqual([0, 0])
    expect(deployment.stderr).toMatchInlineSnapshot(`
      "Lost: deployments[0].build (list of 1): Capstan builds nothing. Build the image in your CI, and name it in template.image.
      Check: deployments[0].entrypoint (text): Prefect ran the flow by its entrypoint; Capstan runs the command of the container. Set template.command, for example python followed by the script.
      1 object; 1 lost, 0 changed, 1 to check
      "
    `)
    const manifests = `${pool.stdout}---\n${deployment.stdout}`
    const applied = await world.run('apply -f -', { stdin: manifests })
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' })
    expect(applied.stdout).toBe(
      'workpool.capstan.dev/ecs created\ndeployment.capstan.dev/nightly created\n',
    )
  })

  test('as JSON, in a namespace, from a file that gives the name', async () => {
    const file = join(world.directory, 'My Pool.json')
    writeFileSync(file, TEMPLATE)
    const { stdout } = await world.run(['import', file, '-o', 'json', '-n', 'team'])
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'WorkPool',
      metadata: { name: 'my-pool', namespace: 'team' },
    })
    const block = JSON.stringify({ type: 'ecs-task', image: 'busybox' })
    const list = await world.run('import - -o json', { stdin: block })
    expect(JSON.parse(list.stdout)).toMatchObject({
      kind: 'List',
      items: [{ kind: 'WorkPool' }, { kind: 'Deployment' }],
    })
  })

  test.each([
    ['import', '', 'name one file'],
    ['import nowhere.json', '', 'nowhere.json'],
    ['import -', '{', 'cannot import STDIN'],
    ['import -', '{"a": 1}', 'say which with --kind'],
    ['import - --kind terraform', '{}', 'must be one of auto, ecs-task-block'],
    ['import - --kind prefect-yaml', '{}', 'the file has no deployments'],
  ])('%s of %j fails', async (line, stdin, message) => {
    const result = await world.run(line, { stdin })
    expect(result).toMatchObject({ exitCode: 1, stdout: '' })
    expect(result.stderr).toContain(message)
  })
})
