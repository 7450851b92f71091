import { join } from 'node:path'
import { createApiServer } from '../../src/apiserver/server.ts'
import { ensureTls } from '../../src/apiserver/tls.ts'
import { createTokens } from '../../src/apiserver/tokens.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createValidator } from '../../src/manifest/validator.ts'
import { openStore } from '../../src/store/open.ts'
import { recordingLog } from '../world/recording-log.ts'

/** The API alone in a process of its own, so that its memory can be measured. Prints where it is, as JSON. */

const directory = process.argv[2] ?? '.'
const nowMs = systemClock.nowMs()
const store = openStore({ path: ':memory:', random: systemRandom, nowMs })
store.transaction(() => store.objects.ensureNamespace('default', systemRandom.uuid(), nowMs))
const tokens = createTokens(store, systemRandom)
const server = createApiServer({
  store,
  clock: systemClock,
  random: systemRandom,
  log: recordingLog(),
  validate: createValidator().object,
  async *readLogs() {},
  health: { live: () => [], ready: () => [] },
  version: '1.2.3',
})
const tls = ensureTls({
  directory: join(directory, 'tls'),
  hosts: ['127.0.0.1', 'localhost'],
  nowMs,
})
const port = await server.listenTcp({
  host: '127.0.0.1',
  port: 0,
  tls,
  hostNames: [],
  verifyToken: (token) => tokens.verify(token, systemClock.nowMs()),
})
const socketPath = join(directory, 'api.sock')
await server.listenUnix(socketPath)
const token = tokens.issue({ name: 'honest', role: 'edit' }, nowMs)
const hostile = tokens.issue({ name: 'hostile', role: 'edit' }, nowMs)
const where = { port, socketPath, ca: tls.certificateAuthority, token, hostile }
process.stdout.write(`${JSON.stringify(where)}\n`)
process.once('SIGTERM', () => process.exit(0))
