import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fargateSizeProblem, nextFargateSize } from './fargate.ts'

const GIB = 1024

test.each([
  [256, 512],
  [256, 2048],
  [512, 1024],
  [512, 4096],
  [1024, 2048],
  [1024, 8192],
  [2048, 4096],
  [2048, 16384],
  [4096, 8192],
  [4096, 30 * GIB],
  [8192, 16 * GIB],
  [8192, 60 * GIB],
  [16384, 32 * GIB],
  [16384, 120 * GIB],
  [32768, 60 * GIB],
  [32768, 120 * GIB],
  [32768, 244 * GIB],
])('cpu %i with memory %i is a Fargate task', (cpu, memory) => {
  expect(fargateSizeProblem({ cpu, memory })).toBeUndefined()
})

test.each([
  [257, 512, 'cpu', 'it has 256, 512, 1024'],
  [1024, 1024, 'memory', '2048 to 8192 by 1024'],
  [1024, 2049, 'memory', '2048 to 8192 by 1024'],
  [256, 4096, 'memory', '512, 1024 or 2048'],
  [4096, 31 * GIB, 'memory', '8192 to 30720 by 1024'],
  [8192, 17 * GIB, 'memory', '16384 to 61440 by 4096'],
  [32768, 64 * GIB, 'memory', '61440, 122880 or 249856'],
])('cpu %i with memory %i is none', (cpu, memory, field, text) => {
  const problem = fargateSizeProblem({ cpu, memory })
  expect(problem?.field).toBe(field)
  expect(problem?.message).toContain(text)
})

test.each([
  [512, 1024, 'cpu'],
  [8192, 16 * GIB, 'cpu'],
])('Windows has no tasks of cpu %i', (cpu, memory, field) => {
  expect(fargateSizeProblem({ cpu, memory }, { windows: true })?.field).toBe(field)
})

describe('nextFargateSize', () => {
  test.each([
    [{ cpu: 1024, memory: 2048 }, 1.5, { cpu: 1024, memory: 3072 }],
    [{ cpu: 1024, memory: 3072 }, 1.5, { cpu: 1024, memory: 5 * GIB }],
    [{ cpu: 256, memory: 2048 }, 2, { cpu: 512, memory: 4096 }],
    [{ cpu: 1024, memory: 8192 }, 1.5, { cpu: 2048, memory: 12 * GIB }],
    [{ cpu: 8192, memory: 60 * GIB }, 2, { cpu: 16384, memory: 120 * GIB }],
    [{ cpu: 32768, memory: 120 * GIB }, 4, { cpu: 32768, memory: 244 * GIB }],
    [{ cpu: 32768, memory: 244 * GIB }, 2, { cpu: 32768, memory: 244 * GIB }],
  ])('%j × %d → %j', (size, factor, expected) => {
    expect(nextFargateSize(size, factor)).toEqual(expected)
  })

  test('gives sizes that Fargate has, never less memory', () => {
    const cpu = fc.constantFrom(256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
    fc.assert(
      fc.property(
        cpu,
        fc.integer({ min: 1, max: 245 }),
        fc.double({ min: 1, max: 4, noNaN: true }),
        (units, gib, factor) => {
          const size = { cpu: units, memory: gib * GIB }
          fc.pre(fargateSizeProblem(size) === undefined)
          const next = nextFargateSize(size, factor)
          expect(fargateSizeProblem(next)).toBeUndefined()
          expect(next.memory).toBeGreaterThanOrEqual(size.memory)
        },
      ),
    )
  })
})
