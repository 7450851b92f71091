import { mkdtempSync, writeFileSync, renameSync, rmSync, mkdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { createValidator } from '../manifest/validator.ts'
import { silentLog } from '../runtime/logger.ts'
import { openStore } from '../store/open.ts'
import { FolderSource } from './controller.ts'
import { systemFiles } from './files.ts'
import { createLoader } from './load.ts'
import { systemWatch } from './watch.ts'

const run = (name: string, image = 'a') => `apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: ${name}
spec:
  template:
    image: ${image}
`
test('smoke', async () => {
  const root = mkdtempSync(join(tmpdir(), 'src-'))
  const store = openStore({ path: ':memory:', random: systemRandom, nowMs: Date.now() })
  const source = new FolderSource({
    root, store, files: systemFiles, clock: systemClock, watch: systemWatch, log: silentLog,
    loader: createLoader({ validator: createValidator(), defaultNamespace: 'default', version: '1' }),
    annotationsAtStart: {},
  })
  writeFileSync(join(root, 'a.yaml'), run('a'))
  await source.start()
  await vi.waitFor(() => expect(store.objects.count('Run')).toBe(1), { timeout: 5000, interval: 1 })
  await new Promise((r) => setTimeout(r, 1500))
  for (let i = 0; i < 5; i++) {
    const t0 = performance.now()
    writeFileSync(join(root, '.b'), run('b' + i)); renameSync(join(root, '.b'), join(root, `b${i}.yaml`))
    await vi.waitFor(() => expect(store.objects.count('Run')).toBe(2 + i), { timeout: 5000, interval: 1 })
    console.log('rename', performance.now() - t0)
    await new Promise((r) => setTimeout(r, 300))
  }
  const t0 = performance.now()
  writeFileSync(join(root, 'c.yaml'), run('c'))
  await vi.waitFor(() => expect(store.objects.count('Run')).toBe(7), { timeout: 5000, interval: 1 })
  console.log('write', performance.now() - t0)
  const t1 = performance.now()
  unlinkSync(join(root, 'c.yaml'))
  await vi.waitFor(() => expect(store.objects.get({kind:'Run',namespace:'default',name:'c'})?.metadata.deletionTimestamp).toBeDefined(), { timeout: 5000, interval: 1 })
  console.log('unlink', performance.now() - t1)
  console.log(store.objects.get({kind:'Run',namespace:'default',name:'b1'})?.metadata, source.status())
  await source.stop()
  rmSync(root, { recursive: true })
}, 30000)
