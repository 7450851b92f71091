import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../definitions/all.ts'
import { GLOBAL_OPTIONS } from '../definitions/shared-options.ts'
import { complete } from './complete.ts'

function completionOf(line: string) {
  return complete(line.split(' '), COMMANDS, GLOBAL_OPTIONS)
}

function values(line: string): readonly string[] {
  return completionOf(line).candidates.map(({ value }) => value)
}

describe('words', () => {
  test('commands come first', () => {
    expect(values('')).toEqual(COMMANDS.map(({ name }) => name))
    expect(values('-n team ')).toEqual(COMMANDS.map(({ name }) => name))
  })

  test.each([
    ['get ', 'runs'],
    ['get r', 'workpools'],
    ['get -', '--output'],
    ['get runs -', '--namespace'],
    ['get runs -o ', 'yaml'],
    ['get runs --output=', '--output=yaml'],
    ['wait run/x --for ', 'condition=Complete'],
    ['completion ', 'fish'],
    ['delete -f x --cascade=', '--cascade=orphan'],
  ])('"%s" offers %s', (line, candidate) => {
    expect(values(line)).toContain(candidate)
  })

  test('after a flag that may stand alone comes a word, not its value', () => {
    expect(values('delete --dry-run ')).toContain('runs')
  })
})

describe('live names', () => {
  test.each<[string, string, string]>([
    ['get runs ', 'Run', ''],
    ['get run/', 'Run', 'run/'],
    ['get deploy/x', 'Deployment', 'deploy/'],
    ['-n team get wp ', 'WorkPool', ''],
    ['logs ', 'Run', ''],
    ['logs deploy/', 'Deployment', 'deploy/'],
    ['run ', 'Deployment', ''],
    ['get runs -n ', 'Namespace', ''],
    ['get runs --namespace=', 'Namespace', '--namespace='],
    ['events --for run/', 'Run', 'run/'],
  ])('"%s" asks for each %s', (line, kind, prefix) => {
    const { live } = completionOf(line)
    expect(live?.resource.kind).toBe(kind)
    expect(live?.prefix).toBe(prefix)
  })
})

test.each([['apply -f '], ['validate '], ['up '], ['get runs --kubeconfig ']])(
  '"%s" wants a file',
  (line) => {
    expect(completionOf(line).files).toBe(true)
  },
)

test.each([['version x'], ['get nonsense '], ['apply -f x '], ['completion bash ']])(
  '"%s" offers nothing',
  (line) => {
    expect(completionOf(line)).toEqual({ candidates: [], files: false })
  },
)
