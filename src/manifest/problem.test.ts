import { expect, test } from 'vitest'
import { type ManifestProblem, renderPath, renderProblem } from './problem.ts'

test.each([
  [[], ''],
  [['spec', 'template', 'cpu'], 'spec.template.cpu'],
  [['spec', 'schedules', 0, 'cron'], 'spec.schedules[0].cron'],
  [['metadata', 'labels', 'app.kubernetes.io/name'], 'metadata.labels["app.kubernetes.io/name"]'],
  [['spec', 'template', 'env', ''], 'spec.template.env[""]'],
])('the path %j is %s', (path, expected) => {
  expect(renderPath(path)).toBe(expected)
})

const PROBLEM: ManifestProblem = {
  code: 'UnknownField',
  file: 'runs/hello.yaml',
  line: 3,
  column: 5,
  path: 'spec.imgae',
  message: "unknown field 'imgae'; did you mean 'image'?",
}

test('a problem is shown as compilers do', () => {
  const text = 'apiVersion: capstan.dev/v1\nspec:\n    imgae: busybox\r\n'
  expect(renderProblem({ ...PROBLEM, hint: 'a hint' }, text)).toBe(
    [
      "runs/hello.yaml:3:5: spec.imgae: unknown field 'imgae'; did you mean 'image'?",
      '  3 |     imgae: busybox',
      '    |     ^',
      '  hint: a hint',
    ].join('\n'),
  )
})

test('without the text, or where the line is not in it, only the message', () => {
  expect(renderProblem(PROBLEM)).toBe(`runs/hello.yaml:3:5: spec.imgae: ${PROBLEM.message}`)
  expect(renderProblem(PROBLEM, 'one line')).not.toContain('^')
})

test('a long line is cut around the column', () => {
  const text = `\n\n${'a'.repeat(5_000)}X${'b'.repeat(5_000)}`
  const [, shown = '', caret = ''] = renderProblem({ ...PROBLEM, column: 5_001 }, text).split('\n')
  expect(shown.length).toBeLessThan(120)
  expect(shown[caret.indexOf('^')]).toBe('X')
})

test('tabs do not move the caret', () => {
  const [, shown = '', caret = ''] = renderProblem(
    { ...PROBLEM, line: 1, column: 3 },
    '\t\tX',
  ).split('\n')
  expect(shown[caret.indexOf('^')]).toBe('X')
})
