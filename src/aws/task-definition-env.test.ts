import fc from 'fast-check'
import { expect, test } from 'vitest'
import { build, ROLE } from '../../test/world/definition-of.ts'
import { findContainer } from './task-definition.ts'

test('a name that is plain and secret is the secret, with a warning', () => {
  const built = build({
    image: 'x',
    executionRoleArn: ROLE,
    env: { A: '1' },
    secrets: { A: 'arn:a' },
  })
  expect(built.problems).toMatchObject([{ severity: 'Warning', path: ['env', 'A'] }])
})

test('unset wins: no name that is unset is in the definition, wherever it came from', () => {
  const name = fc.constantFrom('A', 'B', 'C', 'D')
  const environment = fc.array(fc.record({ name, value: fc.string() }))
  fc.assert(
    fc.property(environment, fc.array(name), fc.array(name), (values, nulls, listed) => {
      const built = build({
        image: 'x',
        env: Object.fromEntries(nulls.map((each) => [each, null])),
        unsetEnv: listed,
        taskDefinition: { containerDefinitions: [{ name: 'm', environment: values }] },
      })
      const left = findContainer(built.body, 'm')?.environment?.map((entry) => entry.name) ?? []
      for (const each of [...nulls, ...listed]) expect(left).not.toContain(each)
    }),
  )
})
