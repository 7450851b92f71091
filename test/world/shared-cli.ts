import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { type CliWorld, startCliWorld } from './cli.ts'

export interface SharedCliWorld extends CliWorld {
  /** `capstan apply` of a manifest that is right. */
  apply(manifest: string): Promise<void>
}

/**
 * One server for all tests of a file. What a test left is deleted before the next one; nothing runs here that
 * would take finalizers off.
 */
export function useCliWorld(onStart: (world: SharedCliWorld) => void): void {
  let world: CliWorld
  beforeAll(async () => {
    const started = await startCliWorld()
    world = started
    onStart({
      ...started,
      async apply(manifest) {
        const result = await started.run('apply -f -', { stdin: manifest })
        expect(result.stderr).toBe('')
        expect(result.exitCode).toBe(0)
      },
    })
  })
  beforeEach(() => world.clear())
  afterAll(() => world.close())
}
