import { describe, expect, test } from 'vitest'
import { load, run, template } from '../../test/world/loaded.ts'
import { renderProblem } from './problem.ts'

describe('what is not a manifest', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['- a', 'NotAnObject', 'a manifest is a map'],
    ['just text', 'NotAnObject', 'a manifest is a map'],
    ['kind: Run', 'Missing', "'apiVersion' is missing"],
    ['apiVersion: capstan.dev/v1', 'Missing', "'kind' is missing"],
    ['{apiVersion: batch/v1, kind: Job}', 'UnknownApiVersion', 'apiVersion must be capstan.dev/v1'],
    ['{apiVersion: capstan.dev/v1, kind: Runn}', 'UnknownKind', 'did you mean Run?'],
    [
      '{apiVersion: capstan.dev/v1, kind: 5}',
      'UnknownKind',
      'kind must be one of WorkPool, Deployment, Run, Automation',
    ],
    ['{apiVersion: capstan.dev/v1, kind: Run}', 'Missing', "'metadata' is missing"],
    ['{apiVersion: capstan.dev/v1, kind: Run, metadata: {}}', 'Missing', "'name' is missing"],
    [
      '{apiVersion: capstan.dev/v1, kind: Automation, metadata: {name: a}}',
      'Missing',
      "'spec' is missing",
    ],
    ['{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: A}}', 'InvalidFormat', 'RFC 1123'],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: 5}}',
      'WrongType',
      'expected text, found a number',
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a-, namespace: b.c}}',
      'InvalidFormat',
      'RFC 1123 label',
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a, labels: {"a b": c}}}',
      'InvalidFormat',
      "'a b' must be a label key",
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a, labels: {a: "b c"}}}',
      'InvalidFormat',
      'must be a label value',
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a, annotations: {capstan.dev/on-change: Maybe}}}',
      'NotAllowed',
      '"Replace" or "Reject"',
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a, annotations: {capstan.dev/prune: "no"}}}',
      'NotAllowed',
      '"true" or "false"',
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a}, specs: {}}',
      'UnknownField',
      "did you mean 'spec'?",
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a}, spec: null}',
      'WrongType',
      'expected a map, found nothing',
    ],
  ]
  test.each(cases)('%s', (text, code, message) => {
    const { problems } = load(text)
    expect(problems.map((problem) => [problem.code, problem.message])).toContainEqual([
      code,
      expect.stringContaining(message),
    ])
  })

  test('an object that is there twice', () => {
    const { objects, problems } = load(`${run({})}\n---\n${run({ queue: 'q' })}\n`)
    expect(objects).toHaveLength(1)
    expect(problems).toMatchObject([{ code: 'Duplicate', line: 3 }])
  })

  test('problems stand in the order of the file', () => {
    const { problems } = load(`${template({ cpu: 'x', zzz: 1, env: { A: [] } })}\nnonsense`)
    const places = problems.map(({ line, column }) => line * 1_000 + column)
    expect(places).toEqual([...places].sort((left, right) => left - right))
  })
})

test('a problem, as it is printed', () => {
  const text = `apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: hello
spec:
  template:
    imgae: busybox
    networkConfiguration:
      awsvpcConfiguration: {subnets: [a]}
`
  expect(
    load(text)
      .problems.map((problem) => renderProblem(problem, text))
      .join('\n'),
  ).toBe(
    `f.yaml:7:5: spec.template.imgae: unknown field 'imgae'; did you mean 'image'?
  7 |     imgae: busybox
    |     ^
f.yaml:9:7: spec.template.networkConfiguration.awsvpcConfiguration: unknown field 'awsvpcConfiguration'; the fields are subnets, securityGroups, assignPublicIp, subnetTags
  9 |       awsvpcConfiguration: {subnets: [a]}
    |       ^
  hint: write subnets, securityGroups and assignPublicIp directly under networkConfiguration`,
  )
})
