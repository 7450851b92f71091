import type { Change } from '../../src/store/types.ts'

export const ROOT = '/srv/manifests'

export function describeChange({ type, kind, name }: Change): string {
  return `${type} ${kind}/${name}`
}

interface Written {
  readonly image?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly namespace?: string
  readonly more?: string
}

export function aRun(
  name: string,
  { image = 'one', annotations, namespace, more = '' }: Written = {},
): string {
  return [
    'apiVersion: capstan.dev/v1',
    'kind: Run',
    'metadata:',
    `  name: ${name}`,
    ...(namespace === undefined ? [] : [`  namespace: ${namespace}`]),
    ...(annotations ? [`  annotations: ${JSON.stringify(annotations)}`] : []),
    'spec:',
    more,
    '  template:',
    `    image: ${image}`,
    '',
  ]
    .filter((line, index, all) => line !== '' || index === all.length - 1)
    .join('\n')
}

export function aPool(name: string, limit: number): string {
  return `apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata:\n  name: ${name}\nspec:\n  concurrencyLimit: ${limit}\n`
}
