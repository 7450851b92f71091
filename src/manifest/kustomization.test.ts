import { describe, expect, test } from 'vitest'
import { load } from '../../test/world/loaded.ts'
import { readKustomization } from './kustomization.ts'

const HEAD = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n'

describe('a kustomization in a folder', () => {
  test.each([
    ['that lists files', `${HEAD}resources: [a.yaml, sub/b.yaml, ./c]`],
    ['of nothing', HEAD],
    ['with empty fields', `${HEAD}resources: []\npatches: []\nnamespace: ""\nlabels: null`],
    ['with what kustomize alone reads', `${HEAD}metadata: {name: x}\nsortOptions: {order: fifo}`],
  ])('%s is passed over', (_, text) => {
    expect(load(text)).toMatchObject({ objects: [], problems: [] })
  })

  test.each([
    ['namePrefix: x-', 'namePrefix'],
    ['resources: [a.yaml]\nnamespace: team-a\nimages: [{name: x}]', 'namespace, images'],
    ['resources: [../base]', 'resources'],
    ['resources: ["https://example.com/x"]', 'resources'],
    ['resources: [github.com/a/b?ref=v1]', 'resources'],
    ['resources: [/etc/x.yaml]', 'resources'],
    ['components: [../c]', 'components'],
  ])('that would change what is beside it is a problem: %s', (text, fields) => {
    const { objects, problems } = load(HEAD + text)
    expect(objects).toEqual([])
    expect(problems).toMatchObject([
      {
        code: 'Kustomization',
        message: `a kustomization is not built here: the files count as they are, without its ${fields}`,
        hint: expect.stringContaining('capstan apply -k'),
      },
    ])
  })

  test('a base above it, but within the folder, is read anyway', () => {
    const value = { apiVersion: 'kustomize.config.k8s.io/v1', resources: ['../../base'] }
    expect(readKustomization('overlays/prod/kustomization.yaml', value)).toEqual({ issues: [] })
    expect(readKustomization('prod/kustomization.yaml', value)?.issues).toHaveLength(1)
  })

  test('is known by its name where it says neither apiVersion nor kind', () => {
    expect(readKustomization('a/kustomization.yml', { resources: ['a.yaml'] })).toBeDefined()
    expect(readKustomization('a/list.yaml', { resources: ['a.yaml'] })).toBeUndefined()
    expect(readKustomization('kustomization.yaml', { kind: 'Run' })).toBeUndefined()
    expect(
      readKustomization('kustomization.yaml', { apiVersion: 'capstan.dev/v1' }),
    ).toBeUndefined()
  })
})
