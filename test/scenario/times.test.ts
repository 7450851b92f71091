import { afterEach, expect, test } from 'vitest'
import { KINDS } from '../../src/kinds/meta.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { World } from '../world/world.ts'

const IMAGE = { image: 'busybox' }
/** metav1.Time as Go writes it. */
const WHOLE_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

let world: World

afterEach(async () => {
  await world.stop()
})

/** Times of Kubernetes' own types in an object, by where they stand. */
function kubernetesTimes(value: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const place = `${path}.${name}`
    const isTime =
      name === 'lastTransitionTime' || /^\.metadata\.(creation|deletion)Timestamp$/.test(place)
    return isTime ? [[place, member] as const] : kubernetesTimes(member, place)
  })
}

test('metadata and conditions of whatever the controllers write have whole seconds', async () => {
  world = new World({ behave: () => ({ runMs: SECOND, exitCode: 1 }) })
  await world.clock.advance(345)
  await world.start()
  world.addDeployment('tick', { schedules: [{ cron: '*/5 * * * *' }], template: IMAGE })
  world.addDeployment('clean', { template: IMAGE })
  world.addAutomation('start', {
    trigger: {
      type: 'event',
      expect: ['capstan.run.Failed'],
      match: { 'capstan.resource.name': 'tick-*' },
    },
    actions: [{ type: 'run-deployment', deployment: 'clean' }],
  })
  await world.clock.advance(7 * MINUTE)
  const objects = KINDS.flatMap((kind) =>
    world.store.objects.keys(kind).map((key) => world.store.objects.get(key)),
  )
  const names = objects.map((object) => `${object?.kind}/${object?.metadata.name}`)
  expect(names).toContain('WorkPool/default')
  expect(names.some((name) => name.startsWith('Run/tick-'))).toBe(true)
  expect(names.some((name) => name.startsWith('Run/clean-'))).toBe(true)
  const times = objects.flatMap((object) => kubernetesTimes(object))
  expect(times.filter(([place]) => place.includes('conditions')).length).toBeGreaterThan(8)
  expect(times.filter(([, time]) => !WHOLE_SECONDS.test(String(time)))).toEqual([])
})
