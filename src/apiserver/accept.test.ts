import { describe, expect, test } from 'vitest'
import { accepts, negotiate } from './accept.ts'

describe('negotiate', () => {
  test.each([
    [undefined, 'Object'],
    ['application/json', 'Object'],
    ['*/*', 'Object'],
    ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json', 'Table'],
    ['application/json;as=Table;v=v1beta1;g=meta.k8s.io', 'Table'],
    ['application/json;as=Table;v=v9;g=meta.k8s.io, application/json', 'Object'],
    [
      'application/json; as=PartialObjectMetadataList; v=v1; g=meta.k8s.io',
      'PartialObjectMetadata',
    ],
    ['application/vnd.kubernetes.protobuf,application/json', 'Object'],
    [
      'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      'Table',
    ],
    ['text/html, */*;q=0.8', 'Object'],
  ] as const)('%j gives %s', (accept, expected) => {
    expect(negotiate(accept)).toBe(expected)
  })

  test('protobuf alone cannot be had', () => {
    expect(() => negotiate('application/vnd.kubernetes.protobuf')).toThrow('application/json')
  })
})

test('accepts compares parameters', () => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'
  expect(accepts(accept, 'application/json', { v: 'v2beta1' })).toBe(true)
  expect(accepts(accept, 'application/json', { v: 'v2' })).toBe(false)
})
