/** A size of a Fargate task: CPU units (1024 is one vCPU) and MiB. */
export interface FargateSize {
  readonly cpu: number
  readonly memory: number
}

interface FargateRow {
  readonly cpu: number
  /** Allowed MiB, ascending. */
  readonly memory: readonly number[]
  readonly windows: boolean
}

const GIB = 1024

function steps(fromGiB: number, toGiB: number, byGiB: number): readonly number[] {
  const count = (toGiB - fromGiB) / byGiB + 1
  return Array.from({ length: count }, (_, index) => (fromGiB + index * byGiB) * GIB)
}

/** What Fargate offers (ECS Developer Guide, Task CPU and memory), ascending. */
const FARGATE_SIZES: readonly FargateRow[] = [
  { cpu: 256, memory: [512, 1 * GIB, 2 * GIB], windows: false },
  { cpu: 512, memory: steps(1, 4, 1), windows: false },
  { cpu: 1024, memory: steps(2, 8, 1), windows: true },
  { cpu: 2048, memory: steps(4, 16, 1), windows: true },
  { cpu: 4096, memory: steps(8, 30, 1), windows: true },
  { cpu: 8192, memory: steps(16, 60, 4), windows: false },
  { cpu: 16384, memory: steps(32, 120, 8), windows: false },
  { cpu: 32768, memory: [60 * GIB, 120 * GIB, 244 * GIB], windows: false },
]

/** Which of the two sizes Fargate does not take, and what it takes instead; undefined when both fit. */
export interface FargateSizeProblem {
  readonly field: 'cpu' | 'memory'
  readonly message: string
}

export function fargateSizeProblem(
  size: FargateSize,
  options: { readonly windows: boolean } = { windows: false },
): FargateSizeProblem | undefined {
  const rows = FARGATE_SIZES.filter((row) => row.windows || !options.windows)
  const row = rows.find((candidate) => candidate.cpu === size.cpu)
  if (!row) {
    const known = rows.map((candidate) => candidate.cpu).join(', ')
    return { field: 'cpu', message: `Fargate has no tasks of cpu ${size.cpu}; it has ${known}` }
  }
  if (row.memory.includes(size.memory)) return undefined
  return {
    field: 'memory',
    message: `Fargate has no tasks of cpu ${size.cpu} with memory ${size.memory}; with this cpu memory is ${renderMemory(row)} MiB`,
  }
}

/** `512, 1024 or 2048` for few, `2048 to 8192 by 1024` for many. */
function renderMemory(row: FargateRow): string {
  const [first, second, third] = row.memory
  if (row.memory.length <= 3) return `${first}, ${second} or ${third}`
  return `${first} to ${row.memory.at(-1)} by ${(second ?? 0) - (first ?? 0)}`
}

/**
 * The size with `factor` times the memory, up to the next one that Fargate has; more CPU where the
 * memory asks for it. At the top of the table: the largest size, or the given one when that is it.
 */
export function nextFargateSize(size: FargateSize, factor: number): FargateSize {
  const wanted = Math.ceil(size.memory * factor)
  for (const row of FARGATE_SIZES) {
    if (row.cpu < size.cpu) continue
    const memory = row.memory.find((candidate) => candidate >= wanted)
    if (memory !== undefined) return { cpu: row.cpu, memory }
  }
  const largest = FARGATE_SIZES.at(-1)
  const memory = largest?.memory.at(-1)
  if (!largest || memory === undefined || memory <= size.memory) return size
  return { cpu: largest.cpu, memory }
}
