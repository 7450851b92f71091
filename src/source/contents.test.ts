import { expect, test } from 'vitest'
import { readContent } from './contents.ts'
import type { Files } from './files.ts'

const STAT = {
  type: 'File',
  identity: '1:1',
  sizeBytes: 1,
  modifiedNs: 1n,
  changedNs: 1n,
  links: 1,
} as const

function isLeading(text: string): boolean {
  const files = { read: () => ({ bytes: new TextEncoder().encode(text), stat: STAT }) }
  const rules = { files: files as unknown as Files, hash: () => '', parse: () => undefined }
  const question = { path: 'a.yaml', parse: false, keptStat: '' }
  return readContent(rules, '/folder', question).isLeading
}

test.each([
  ['a Run', 'apiVersion: capstan.dev/v1\nkind: Run\n', false],
  ['a Run in quotes', 'kind: "Run"\n', false],
  ['a Run without a space, as JSON has it', '{"kind":"Run"}', false],
  ['a Run, its kind set off by spaces', 'kind   :    Run\n', false],
  ['several Runs', 'kind: Run\n---\nkind: Run\n', false],
  ['a WorkPool', 'kind: WorkPool\n', true],
  ['a Deployment as JSON', '{"kind": "Deployment"}', true],
  ['a Run and its WorkPool', 'kind: Run\n---\nkind: WorkPool\n', true],
  ['a kind that only begins like a Run', 'kind: Runner\n', true],
  ['no kind', 'a: b\n', false],
])('what others refer to is told from what they are: %s', (_, text, leads) => {
  expect(isLeading(text)).toBe(leads)
})
