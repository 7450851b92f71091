import { describe, expect, test } from 'vitest'
import { isFargateSize, parseCpu, parseMemory } from './fargate-sizes.ts'

const GIB = 1024

describe('sizes that Fargate offers', () => {
  test.each([
    { cpu: 256, offered: [512, GIB, 2 * GIB], refused: [256, 1536, 3 * GIB] },
    { cpu: 512, offered: [GIB, 4 * GIB], refused: [512, 5 * GIB] },
    { cpu: 1024, offered: [2 * GIB, 5 * GIB, 8 * GIB], refused: [GIB, 9 * GIB] },
    { cpu: 2048, offered: [4 * GIB, 16 * GIB], refused: [3 * GIB, 17 * GIB] },
    { cpu: 4096, offered: [8 * GIB, 30 * GIB], refused: [7 * GIB, 31 * GIB] },
    { cpu: 8192, offered: [16 * GIB, 20 * GIB, 60 * GIB], refused: [18 * GIB, 64 * GIB] },
    { cpu: 16_384, offered: [32 * GIB, 40 * GIB, 120 * GIB], refused: [36 * GIB, 128 * GIB] },
    { cpu: 32_768, offered: [60 * GIB, 120 * GIB, 244 * GIB], refused: [64 * GIB, 240 * GIB] },
    { cpu: 257, offered: [], refused: [512] },
    { cpu: 65_536, offered: [], refused: [244 * GIB] },
  ])('$cpu CPU units', ({ cpu, offered, refused }) => {
    expect(offered.filter((memory) => !isFargateSize(cpu, memory))).toEqual([])
    expect(refused.filter((memory) => isFargateSize(cpu, memory))).toEqual([])
  })
})

describe('texts of sizes', () => {
  test.each([
    ['256', 256],
    ['1 vCPU', 1024],
    ['.25 vcpu', 256],
    ['0.25vCPU', 256],
    ['one', undefined],
    ['0', undefined],
    ['-256', undefined],
    ['0.3 vCPU', undefined],
  ])('cpu %j is %j', (text, units) => expect(parseCpu(text)).toBe(units))

  test.each([
    ['512', 512],
    ['2 GB', 2048],
    ['0.5GB', 512],
    ['512 MB', 512],
    ['2 TB', undefined],
    ['', undefined],
  ])('memory %j is %j', (text, mib) => expect(parseMemory(text)).toBe(mib))
})
