import { expect, test } from 'vitest'
import {
  ApiError,
  CliError,
  exitCodeOf,
  isReason,
  ManyErrors,
  ProblemReport,
  parseStatus,
  renderError,
  withSource,
} from './errors.ts'

function refusal(status: object, httpCode = 400): ApiError {
  return new ApiError(parseStatus({ kind: 'Status', ...status }, httpCode))
}

const NOT_FOUND = refusal({ reason: 'NotFound', message: 'runs "x" not found', code: 404 })

function invalid(...causes: readonly object[]): ApiError {
  const details = { name: 'bad', kind: 'Run', causes }
  return refusal({ reason: 'Invalid', code: 422, message: 'Run is invalid', details })
}

// The forms of kubectl's own error printer (k8s.io/kubectl/pkg/cmd/util, StandardErrorMessage and checkErr).
test.each<[string, unknown, string]>([
  ['a reason', NOT_FOUND, 'Error from server (NotFound): runs "x" not found'],
  ['no reason', refusal({ message: 'no' }), 'Error from server: no'],
  [
    '401',
    refusal({ code: 401, reason: 'Unauthorized', message: 'x' }),
    'error: You must be logged in to the server (Unauthorized)',
  ],
  [
    'one cause',
    invalid({ field: 'spec.cpu', message: 'Invalid value' }),
    'The Run "bad" is invalid: spec.cpu: Invalid value',
  ],
  [
    'several causes, each once',
    invalid(
      { field: 'a', message: 'x' },
      { field: 'b', message: 'y' },
      { field: 'a', message: 'x' },
    ),
    'The Run "bad" is invalid: \n* a: x\n* b: y',
  ],
  ['no cause', invalid(), 'The Run "bad" is invalid: Run is invalid'],
  [
    'a file',
    withSource(NOT_FOUND, 'applying', 'a.yaml'),
    'Error from server (NotFound): error when applying "a.yaml": runs "x" not found',
  ],
  [
    'an answer that is no Status',
    new ApiError(parseStatus('<html>', 502)),
    'Error from server: the server answered with HTTP 502',
  ],
  ['a plain error', new CliError('no such folder'), 'error: no such folder'],
  ['problems of files', new ProblemReport('a.yaml:1:1: wrong'), 'a.yaml:1:1: wrong'],
  [
    'several',
    new ManyErrors([NOT_FOUND, new CliError('y')]),
    'Error from server (NotFound): runs "x" not found\nerror: y',
  ],
  ['something else', 'text', 'error: text'],
])('%s', (_, error, expected) => {
  expect(renderError(error)).toBe(expected)
})

test('exit codes', () => {
  expect(exitCodeOf(NOT_FOUND)).toBe(1)
  expect(exitCodeOf(new CliError('x', { exitCode: 2 }))).toBe(2)
  expect(exitCodeOf(new Error('x'))).toBe(1)
  expect(isReason(NOT_FOUND, 'NotFound')).toBe(true)
  expect(isReason(new Error('NotFound'), 'NotFound')).toBe(false)
})
