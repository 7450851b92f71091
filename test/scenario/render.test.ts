import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliWorld, startCliWorld } from '../world/cli.ts'

const MANIFESTS = resolve(import.meta.dirname, '../../manifests')

let world: CliWorld

beforeAll(async () => {
  world = await startCliWorld()
})

afterAll(async () => {
  await world.close()
})

// What ECS is sent for the manifests that everybody starts with: a change here is a change for users.
test('the bodies of the quickstart', async () => {
  const { exitCode, stdout } = await world.run(`render ${join(MANIFESTS, 'quickstart')}`)
  expect(exitCode).toBe(0)
  await expect(stdout).toMatchFileSnapshot('__golden__/render-quickstart.yaml')
})

test('every Run and every schedule of the examples can be rendered', async () => {
  const { exitCode, stdout } = await world.run(`render ${join(MANIFESTS, 'examples')}`)
  expect(exitCode).toBe(0)
  expect(stdout).toContain('taskDefinition: <registered at launch>')
})
