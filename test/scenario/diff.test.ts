import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliWorld, startCliWorld } from '../world/cli.ts'

let world: CliWorld

beforeAll(async () => {
  world = await startCliWorld()
})

afterAll(async () => {
  await world.close()
})

function manifests(image: string, planet: string): string {
  return `apiVersion: capstan.dev/v1
kind: WorkPool
metadata: {name: ecs}
spec: {template: {image: "${image}"}}
---
apiVersion: capstan.dev/v1
kind: Deployment
metadata: {name: etl}
spec: {workPool: ecs, template: {env: {PLANET: ${planet}}}}
`
}

test('diff says what the objects become, and what that does in ECS', async () => {
  await world.run('apply -f -', { stdin: manifests('busybox:1', 'earth') })
  const same = await world.run('diff -f -', { stdin: manifests('busybox:1', 'earth') })
  expect(same).toMatchObject({ exitCode: 0, stdout: '' })
  const { exitCode, stdout } = await world.run('diff -f -', {
    stdin: manifests('busybox:2', 'mars'),
  })
  expect(exitCode).toBe(1)
  expect(stdout).toContain('\n-    image: busybox:1\n')
  expect(stdout.slice(stdout.indexOf('# ECS'))).toBe(
    [
      '# ECS: deployment/etl',
      '#   task definition: a new revision of capstan-default-etl',
      '#     containerDefinitions.main.image: "busybox:1" -> "busybox:2"',
      '#   RunTask:',
      '#     overrides.containerOverrides.main.environment.PLANET: <hidden> -> <hidden>',
      '',
    ].join('\n'),
  )
})
