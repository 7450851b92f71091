import type { JsonObject } from '../../lib/json.ts'
import { OBJECT_META } from './convert.ts'

/**
 * Kubernetes' own definitions. ObjectMeta is complete, because old kubectl checks manifests against it
 * by itself and would refuse what it does not find.
 */

const text = (description: string): JsonObject => ({ type: 'string', description })
const time = (description: string): JsonObject => ({
  type: 'string',
  format: 'date-time',
  nullable: true,
  description,
})
const textMap = (description: string): JsonObject => ({
  type: 'object',
  additionalProperties: { type: 'string' },
  description,
})

const META_PACKAGE = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const OWNER_REFERENCE = `${META_PACKAGE}OwnerReference`
const MANAGED_FIELDS_ENTRY = `${META_PACKAGE}ManagedFieldsEntry`

type RefOf = (definition: string) => string

export function metaSchemas(ref: RefOf): Readonly<Record<string, JsonObject>> {
  return {
    [OBJECT_META]: objectMeta(ref),
    [OWNER_REFERENCE]: OWNER_REFERENCE_SCHEMA,
    [MANAGED_FIELDS_ENTRY]: MANAGED_FIELDS_SCHEMA,
  }
}

function objectMeta(ref: RefOf): JsonObject {
  return {
    type: 'object',
    description: 'Standard metadata of every object.',
    properties: {
      annotations: textMap('Free text by key, for tools.'),
      creationTimestamp: time('When the object was created. Set by the server.'),
      deletionGracePeriodSeconds: { type: 'integer', format: 'int64' },
      deletionTimestamp: time('When deletion was asked for. Set by the server.'),
      finalizers: {
        type: 'array',
        items: { type: 'string' },
        description: 'What must be done before the object goes.',
      },
      generateName: text('Prefix of a name that the server completes.'),
      generation: {
        type: 'integer',
        format: 'int64',
        description: 'Grows by one when spec changes. Set by the server.',
      },
      labels: textMap('Keys and values to select objects by.'),
      managedFields: { type: 'array', items: { $ref: ref(MANAGED_FIELDS_ENTRY) } },
      name: text('Name, unique per kind and namespace.'),
      namespace: text('Namespace; `default` when absent.'),
      ownerReferences: { type: 'array', items: { $ref: ref(OWNER_REFERENCE) } },
      resourceVersion: text('Version of the object. Set by the server.'),
      selfLink: text('Ignored.'),
      uid: text('Unique for all time. Set by the server.'),
    },
  }
}

const OWNER_REFERENCE_SCHEMA: JsonObject = {
  type: 'object',
  description: 'An object that this one belongs to.',
  required: ['apiVersion', 'kind', 'name', 'uid'],
  properties: {
    apiVersion: text('Group and version of the owner.'),
    blockOwnerDeletion: { type: 'boolean' },
    controller: { type: 'boolean' },
    kind: text('Kind of the owner.'),
    name: text('Name of the owner.'),
    uid: text('Uid of the owner.'),
  },
}

const MANAGED_FIELDS_SCHEMA: JsonObject = {
  type: 'object',
  description: 'Which fields a manager has set.',
  properties: {
    apiVersion: text('Group and version that the fields are written in.'),
    fieldsType: text('FieldsV1.'),
    fieldsV1: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    manager: text('Name of the manager.'),
    operation: text('Apply or Update.'),
    subresource: text('Subresource through which the fields were set.'),
    time: time('When the manager last changed the set.'),
  },
}

/** Kinds of Kubernetes' core group that are served; typed clients carry their own definitions. */
export function coreSchemas(ref: RefOf): Readonly<Record<string, JsonObject>> {
  const metadata = { $ref: ref(OBJECT_META) }
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const envelope = { apiVersion: text('Group and version.'), kind: text('Kind.'), metadata }
  return {
    'io.k8s.api.core.v1.Namespace': {
      type: 'object',
      description: 'A scope for names. Deleting it deletes what is in it.',
      properties: { ...envelope, spec: open, status: open },
    },
    'io.k8s.api.core.v1.Event': {
      type: 'object',
      description: 'What happened to an object. Written by the controller alone.',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: {
        ...envelope,
        involvedObject: { ...open, description: 'What it happened to.' },
        reason: text('Short word for what happened.'),
        message: text('What happened.'),
        type: text('Normal or Warning.'),
        count: { type: 'integer', format: 'int32', description: 'How often it was recorded.' },
      },
    },
    'io.k8s.api.core.v1.Pod': {
      type: 'object',
      description: 'An attempt of a run, read-only: the ECS task as kubectl logs needs to see it.',
      properties: { ...envelope, spec: open, status: open },
    },
  }
}
