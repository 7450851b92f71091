import { expect, test } from 'vitest'
import { normalizeArguments } from './argv.ts'
import type { OptionDefinition } from './definition.ts'

const OPTIONS: readonly OptionDefinition[] = [
  { flags: '-o, --output <format>', help: '' },
  { flags: '-w, --watch', help: '' },
  { flags: '--no-headers', help: '' },
  { flags: '--dry-run <strategy>', help: '', bare: 'client' },
]

test.each<[string, string, Record<string, boolean>]>([
  ['get runs -o yaml', 'get runs -o yaml', {}],
  ['get runs -o=yaml', 'get runs --output=yaml', {}],
  ['get runs -oyaml', 'get runs -oyaml', {}],
  ['get runs --output=jsonpath={.a==b}', 'get runs --output=jsonpath={.a==b}', {}],
  ['get runs --watch', 'get runs --watch', {}],
  ['get runs --watch=true', 'get runs', { watch: true }],
  ['get runs --watch=false', 'get runs', { watch: false }],
  ['get runs -w=0', 'get runs', { watch: false }],
  ['get runs --watch=maybe', 'get runs --watch=maybe', {}],
  ['get runs --no-headers=true', 'get runs', { headers: false }],
  ['get runs --no-headers=false', 'get runs', { headers: true }],
  ['apply --dry-run -f x', 'apply --dry-run=client -f x', {}],
  ['apply --dry-run=server', 'apply --dry-run=server', {}],
  ['get --unknown=1', 'get --unknown=1', {}],
  ['run x -- --watch=true -o=y', 'run x -- --watch=true -o=y', {}],
])('%s', (line, words, switches) => {
  expect(normalizeArguments(line.split(' '), OPTIONS)).toEqual({
    words: words.split(' '),
    switches,
  })
})
