import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitCommand } from './command.ts'

test.each([
  ['', []],
  ['  ', []],
  ['echo hello', ['echo', 'hello']],
  ['  echo\t hello \n world ', ['echo', 'hello', 'world']],
  ["python -c 'print(1); print(2)'", ['python', '-c', 'print(1); print(2)']],
  ['sh -c "echo \\"$HOME\\" \\\\ \\x"', ['sh', '-c', 'echo "$HOME" \\ \\x']],
  ['sh -c "echo \\$HOME"', ['sh', '-c', 'echo $HOME']],
  ['a\\ b c', ['a b', 'c']],
  ["''", ['']],
  ['a"b"\'c\'', ['abc']],
  ["'it'\\''s'", ["it's"]],
  ['echo # no comment', ['echo', '#', 'no', 'comment']],
  ['a\\\nb', ['ab']],
  ['"a\\\nb"', ['ab']],
  ['prefect flow-run execute', ['prefect', 'flow-run', 'execute']],
])('%j', (text, words) => {
  expect(splitCommand(text)).toEqual({ words })
})

test.each([
  ["echo 'open", "the command has a ' without its closing '"],
  ['echo "open', 'the command has a " without its closing "'],
  ['echo \\', 'the command ends with a backslash'],
])('%j is refused', (text, problem) => {
  expect(splitCommand(text)).toEqual({ problem })
})

test('quoted words come back as they were', () => {
  const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(splitCommand(words.map(quote).join(' '))).toEqual({ words })
    }),
  )
})
