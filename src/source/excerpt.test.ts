import { expect, test } from 'vitest'
import type { ManifestProblem } from '../manifest/problem.ts'
import { withExcerpts } from './excerpt.ts'

function excerptAt(line: number, text: string): string | undefined {
  const problem: ManifestProblem = {
    code: 'UnknownField',
    file: 'a.yaml',
    path: '',
    line,
    column: 3,
    message: 'wrong',
  }
  return withExcerpts([problem], Buffer.from(text))[0]?.excerpt
}

test('a line is shown with a caret under the column', () => {
  expect(excerptAt(2, 'spec:\n  imag: busybox\n')).toBe('  2 |   imag: busybox\n    |   ^')
})

test.each([
  ['a value of env', 3, 'template:\n  env:\n    TOKEN: hunter2\n'],
  ['a line of a long value', 4, 'template:\n  env:\n    KEY: |\n      hunter2\n'],
  ['env in braces', 1, '{"template": {"env": {"TOKEN": "hunter2"}}}'],
  ['an item of a container definition', 3, '- environment:\n  - name: TOKEN\n    value: hunter2\n'],
  ['an item right under its key', 2, 'environment:\n- {name: TOKEN, value: hunter2}\n'],
  ['an environment that tabs indent', 3, 'template:\n\tenv:\n\t\tTOKEN: hunter2\n'],
  ['control characters', 1, 'name: \u001B[2J\n'],
  ['a place behind the text', 9, 'spec:\n'],
])('%s is not shown', (_, line, text) => {
  expect(excerptAt(line, text)).toBeUndefined()
})

test('a neighbour of env is shown', () => {
  expect(excerptAt(3, 'env:\n  TOKEN: hunter2\nimag: x\n')).toContain('imag: x')
  expect(excerptAt(4, 'template:\n  env:\n    A: b\n  imag: x\n')).toContain('imag: x')
})
