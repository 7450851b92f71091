import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

// Loaded into a measured process with --import: writes its stalls to a file when it ends, and begins
// anew with each SIGUSR2, so that start-up does not count. JavaScript, because to read TypeScript Node loads
// a parser, which takes time and memory of the process that is measured.
const stalls = monitorEventLoopDelay({ resolution: 1 })
stalls.enable()
process.on('SIGUSR2', () => stalls.reset())
process.on('exit', () => {
  const path = process.env['CAPSTAN_BENCH_STALLS']
  const stallMs = Math.max(0, stalls.percentile(99.9) / 1e6 - 1)
  if (path !== undefined) writeFileSync(path, JSON.stringify({ stallMs, maxMs: stalls.max / 1e6 }))
})
