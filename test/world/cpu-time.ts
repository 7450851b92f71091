/** A point from which `cpuMsSince` measures. */
export function startOfWork(): NodeJS.CpuUsage {
  return process.threadCpuUsage()
}

/** Milliseconds that this thread has worked since: on a busy machine the same as on an idle one. */
export function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(start)
  return (user + system) / 1_000
}
