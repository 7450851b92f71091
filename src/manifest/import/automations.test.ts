import { expect, test } from 'vitest'
import { validator } from '../../../test/world/validator.ts'
import type { JsonObject } from '../../lib/json.ts'
import { importSource } from './import.ts'

function convert(source: JsonObject) {
  const result = importSource({
    text: JSON.stringify(source),
    kind: undefined,
    fallbackName: 'file',
    namespace: undefined,
    validator,
  })
  if (!result.ok) throw new Error(result.problem)
  const notes = result.notes.map(({ kind, path }) => `${kind} ${path}`)
  return { kind: result.kind, manifests: result.manifests, notes }
}

const zombies = {
  name: 'Crash zombie flows',
  trigger: {
    type: 'event',
    posture: 'Proactive',
    after: ['prefect.flow-run.heartbeat'],
    expect: ['prefect.flow-run.*'],
    match: { 'prefect.resource.id': ['prefect.flow-run.*'] },
    for_each: ['prefect.resource.id'],
    threshold: 1,
    within: 540,
  },
  actions: [{ type: 'change-flow-run-state', state: 'CRASHED', message: 'No heartbeats.' }],
}

test('the automation of Prefect’s documentation is taken as it is', () => {
  const { kind, manifests, notes } = convert({ automations: [zombies] })
  expect({ kind, notes }).toEqual({ kind: 'automations', notes: [] })
  expect(manifests).toMatchObject([
    {
      kind: 'Automation',
      metadata: { name: 'crash-zombie-flows' },
      spec: {
        trigger: { forEach: ['prefect.resource.id'], within: 540 },
        actions: [{ type: 'change-run-state', state: 'CRASHED' }],
      },
    },
  ])
})

test('one automation, as the server gives it, loses what only the server knows', () => {
  const { manifests, notes } = convert({ ...zombies, id: 'x', created: '2026-01-01T00:00:00Z' })
  expect(manifests).toEqual(convert({ automations: [zombies] }).manifests)
  expect(notes).toEqual([])
})

test('texts that are rendered when it fires are in Capstan’s words', () => {
  const action = {
    type: 'run-deployment',
    deployment_id: 'etl',
    parameters: { of: { __prefect_kind: 'jinja', template: '{{ flow_run.id }}' } },
  }
  const [manifest] = convert({ ...zombies, actions: [action] }).manifests
  expect(manifest).toMatchObject({
    spec: { actions: [{ deployment: 'etl', parameters: { of: '{{ run.uid }}' } }] },
  })
})

test.each<readonly [JsonObject, string]>([
  [
    { type: 'run-deployment', deployment_id: '0b8b8c1e-7d0c-4b7e-9f4b-0d3f1f4e5a6b' },
    'Check actions[0].deployment_id',
  ],
  [{ type: 'pause-work-queue' }, 'Check Automation/crash-zombie-flows spec.actions[0].type'],
  [
    { type: 'change-flow-run-state', state: 'FAILED', message: '{{ flow_run.name | upper }}' },
    'Lost actions[0].message',
  ],
])('%j is reported', (action, note) => {
  expect(convert({ ...zombies, actions: [action] }).notes).toContain(note)
})
