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
          isolate: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
