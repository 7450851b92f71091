import { defineConfig } from 'vitest/config'

// Unit and scenario tests share one module graph per thread (isolate: false): five times faster, and
// safe only because no module keeps state. End-to-end tests run real processes and get their own forks.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'test/*.test.ts',
            'test/scenario/**/*.test.ts',
            'test/contract/*.test.ts',
            'test/golden/*.test.ts',
          ],
          pool: 'threads',
          // Vitest would leave a processor to watching, which is half of two.
          maxWorkers: '100%',
          // A bound on hangs, not on speed: machines are shared and noisy.
          testTimeout: 180_000,
          hookTimeout: 60_000,
          isolate: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          // Most of them wait for processes; vitest would leave one of two cores idle. The group lets one
          // command run both projects, one after the other.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
