/** Memory that Fargate offers for a number of CPU units, MiB. */
interface FargateSize {
  readonly cpu: number
  readonly memoryMiB: readonly number[]
}

const GIB = 1024

function everyGib(first: number, last: number, step: number): readonly number[] {
  const sizes: number[] = []
  for (let gib = first; gib <= last; gib += step) sizes.push(gib * GIB)
  return sizes
}

/** The table of the developer guide's "task CPU and memory" page. */
const FARGATE_SIZES: readonly FargateSize[] = [
  { cpu: 256, memoryMiB: [512, GIB, 2 * GIB] },
  { cpu: 512, memoryMiB: everyGib(1, 4, 1) },
  { cpu: 1024, memoryMiB: everyGib(2, 8, 1) },
  { cpu: 2048, memoryMiB: everyGib(4, 16, 1) },
  { cpu: 4096, memoryMiB: everyGib(8, 30, 1) },
  { cpu: 8192, memoryMiB: everyGib(16, 60, 4) },
  { cpu: 16_384, memoryMiB: everyGib(32, 120, 8) },
  { cpu: 32_768, memoryMiB: [60 * GIB, 120 * GIB, 244 * GIB] },
]

/** Whether Fargate offers this pair of CPU units and MiB. */
export function isFargateSize(cpu: number, memoryMiB: number): boolean {
  return FARGATE_SIZES.some((size) => size.cpu === cpu && size.memoryMiB.includes(memoryMiB))
}

/** CPU units that Fargate has for Windows containers. */
const WINDOWS_CPU = [1024, 2048, 4096]

export function isWindowsFargateCpu(cpu: number): boolean {
  return WINDOWS_CPU.includes(cpu)
}

/** Whether Fargate offers this number of CPU units with any memory. */
export function isFargateCpu(cpu: number): boolean {
  return FARGATE_SIZES.some((size) => size.cpu === cpu)
}

/** CPU units of `"1024"` or `"1 vCPU"`; undefined for any other text. */
export function parseCpu(text: string): number | undefined {
  const match = /^\s*(\d*\.?\d+)\s*(vcpu)?\s*$/i.exec(text)
  if (!match) return undefined
  const amount = Number(match[1])
  const units = match[2] === undefined ? amount : amount * 1024
  return Number.isInteger(units) && units > 0 ? units : undefined
}

/** MiB of `"2048"` or `"2 GB"`; undefined for any other text. */
export function parseMemory(text: string): number | undefined {
  const match = /^\s*(\d*\.?\d+)\s*(gb|mb)?\s*$/i.exec(text)
  if (!match) return undefined
  const amount = Number(match[1])
  const mib = match[2]?.toLowerCase() === 'gb' ? amount * GIB : amount
  return Number.isInteger(mib) && mib > 0 ? mib : undefined
}
