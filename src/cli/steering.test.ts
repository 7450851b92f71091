import { expect, test } from 'vitest'
import type { JsonObject } from '../lib/json.ts'
import type { ApiObject } from './objects.ts'
import { type SteeringStep, type SteeringVerb, steer } from './steering.ts'

function object(kind: string, spec: JsonObject = {}, state?: string): ApiObject {
  return {
    apiVersion: 'capstan.dev/v1',
    kind,
    metadata: { name: 'x' },
    spec,
    ...(state ? { status: { state: { type: state } } } : {}),
  }
}

function held(annotations: Record<string, string> = {}): ApiObject {
  const all = { 'capstan.dev/held': 'no proof', ...annotations }
  return { ...object('Run'), metadata: { name: 'x', annotations: all } }
}

const RERUN = { annotations: { 'capstan.dev/rerun': 'STAMP' } }

test.each<[SteeringVerb, ApiObject, Partial<SteeringStep>]>([
  ['cancel', object('Run', {}, 'RUNNING'), { type: 'Patch', patch: { spec: { cancel: true } } }],
  ['cancel', object('Run'), { type: 'Patch', patch: { spec: { cancel: true } } }],
  ['cancel', object('Run', {}, 'FAILED'), { type: 'Refuse', why: 'has already ended (FAILED)' }],
  ['cancel', object('Run', { cancel: true }, 'CANCELLING'), { type: 'Nothing' }],
  [
    'cancel',
    object('WorkPool'),
    { type: 'Refuse', why: 'cannot be used with cancel: only Runs can' },
  ],
  ['suspend', object('Deployment'), { type: 'Patch', patch: { spec: { suspend: true } } }],
  [
    'suspend',
    object('Deployment', { suspend: true }),
    { type: 'Nothing', why: 'suspended already' },
  ],
  ['suspend', object('Run', {}, 'COMPLETED'), { type: 'Refuse' }],
  ['suspend', object('Automation'), { type: 'Patch', patch: { spec: { enabled: false } } }],
  ['suspend', object('Automation', { enabled: false }), { type: 'Nothing' }],
  ['suspend', object('Pod'), { type: 'Refuse' }],
  [
    'resume',
    object('WorkPool', { suspend: true }),
    { type: 'Patch', patch: { spec: { suspend: false } } },
  ],
  ['resume', object('WorkPool'), { type: 'Nothing', why: 'resumed already' }],
  [
    'resume',
    object('Automation', { enabled: false }),
    { type: 'Patch', patch: { spec: { enabled: true } } },
  ],
  ['resume', object('Run', { suspend: true }, 'PAUSED'), { type: 'Patch' }],
  ['retry', object('Run', {}, 'FAILED'), { type: 'Patch', patch: { metadata: RERUN } }],
  [
    'retry',
    object('Run', { cancel: true }, 'CANCELLED'),
    { type: 'Patch', patch: { metadata: RERUN, spec: { cancel: false } } },
  ],
  [
    'retry',
    object('Run', {}, 'RUNNING'),
    { type: 'Refuse', why: 'has not ended (RUNNING): cancel it first' },
  ],
  ['retry', object('Deployment'), { type: 'Refuse' }],
  ['approve', object('Run'), { type: 'Refuse', why: 'is not held' }],
  ['approve', object('Deployment'), { type: 'Refuse' }],
  [
    'approve',
    held({ 'capstan.dev/approved': 'before' }),
    { type: 'Nothing', why: 'approved already' },
  ],
  [
    'approve',
    held(),
    { type: 'Patch', patch: { metadata: { annotations: { 'capstan.dev/approved': 'STAMP' } } } },
  ],
  [
    'reconcile',
    object('Deployment'),
    {
      type: 'Patch',
      patch: { metadata: { annotations: { 'capstan.dev/reconcile-at': 'STAMP' } } },
    },
  ],
])('%s of %o', (verb, subject, expected) => {
  expect(steer(verb, subject, 'STAMP')).toMatchObject(expected)
})
