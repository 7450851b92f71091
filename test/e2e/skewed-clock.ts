import { readFileSync } from 'node:fs'

/**
 * Preloaded into a controller (`node --import`): its wall clock is off by so many milliseconds as the file
 * CLOCK_SKEW_FILE says at the moment. Monotonic time and timers stay, as when someone sets the clock.
 */

const POLL_MS = 10
const path = process.env['CLOCK_SKEW_FILE'] ?? ''
const undisturbed = Date.now
let skewMs = 0

function look(): void {
  skewMs = Number(readFileSync(path, 'utf8'))
}

look()
setInterval(look, POLL_MS).unref()
Date.now = () => undisturbed() + skewMs
