import { startLocalEmulator } from '../../src/emulator/local.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/random.ts'

/** Hosts a local emulator until it is killed; prints its address. Arguments: directory, port. */
const [directory = '', port = '0'] = process.argv.slice(2)
const local = await startLocalEmulator({
  clock: systemClock,
  random: systemRandom,
  directory,
  workingDirectory: directory,
  baseEnvironment: { PATH: process.env['PATH'] ?? '' },
  port: Number(port),
})
console.log(local.url)
