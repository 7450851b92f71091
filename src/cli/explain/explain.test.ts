import { expect, test } from 'vitest'
import { KINDS } from '../../kinds/meta.ts'
import { findResource } from '../resources.ts'
import { renderExplanation } from './render.ts'

function explain(subject: string, isRecursive = false): string {
  const [kind = '', ...path] = subject.split('.')
  return renderExplanation(findResource(kind)!, path, isRecursive)
}

test('a field with members', async () => {
  await expect(explain('run.spec.template.retry')).toMatchFileSnapshot('__golden__/retry.txt')
})

test('a field without members', async () => {
  await expect(explain('run.spec.template.launchType')).toMatchFileSnapshot(
    '__golden__/launch-type.txt',
  )
})

test.each([
  ['run.spec.template.command', 'FIELD: command <string or []string>'],
  ['run.spec.template.env', 'FIELD: env <map[string](string or number or boolean)>'],
  ['run.status.state.type', 'enum: SCHEDULED, PENDING, RUNNING'],
  ['run.status.attempts.exitCode', 'Exit code of the container.'],
  ['workpool.status.queues', 'FIELD: queues <[]Object>'],
  ['automation.status.conditions.lastTransitionTime', 'FIELD: lastTransitionTime <string>'],
  ['deploy.spec.schedules.cron', 'FIELD: cron <string>'],
  ['run.spec.template.retry.rules.when.exitCodes', '<[]integer>'],
])('%s: %s', (subject, expected) => {
  expect(explain(subject)).toContain(expected)
})

test.each(KINDS)('every field of %s has a description', (kind) => {
  expect(explain(`${kind}.spec`)).not.toContain('<empty>')
})

test.each(KINDS)('%s can be listed whole, recursive schemas included', (kind) => {
  const text = explain(kind, true)
  expect(text).toContain('\n  spec\t<Object>')
  expect(text.split('\n').length).toBeLessThan(2_000)
})

test.each([
  ['run.spec.templat', 'field "templat" does not exist in Run (did you mean "template"?)'],
  ['pod', "there is no schema for Pod: only Capstan's own kinds have one"],
])('%s is refused', (subject, message) => {
  expect(() => explain(subject)).toThrow(message)
})
