import type { JsonObject } from '../lib/json.ts'
import { type MessageFields, messageField, readMessage, textField } from './protobuf.ts'

/**
 * Built-in kinds that typed clients send in protobuf (kubectl from 1.32 on): a four-byte magic, then
 * runtime.Unknown with the type and the raw message. Field numbers are those of k8s.io/api's
 * generated.proto files. Custom kinds always travel as JSON.
 */
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf'

const MAGIC = Buffer.from('k8s\0', 'latin1')

type Decode = (message: MessageFields) => JsonObject

/** What is read of each kind; everything else in a message is left out. */
const DECODERS: Readonly<Record<string, Decode>> = {
  Namespace: (message) => ({ metadata: decodeMeta(message) }),
  SelfSubjectReview: () => ({}),
  SelfSubjectRulesReview: (message) => ({
    spec: { namespace: textField(messageField(message, 2), 1) },
  }),
  SelfSubjectAccessReview: (message) => ({ spec: decodeAccessSpec(messageField(message, 2)) }),
  DeleteOptions: decodeDeleteOptions,
}

/** The object in a protobuf body; undefined when it is none, or of a kind that is not read. */
export function decodeKubernetesObject(body: Uint8Array): JsonObject | undefined {
  if (!MAGIC.equals(body.subarray(0, MAGIC.length))) return undefined
  const envelope = readMessage(body.subarray(MAGIC.length))
  const type = messageField(envelope, 1)
  const kind = textField(type, 2)
  const message = messageField(envelope, 2) ?? readMessage(new Uint8Array())
  const decode = Object.hasOwn(DECODERS, kind) ? DECODERS[kind] : undefined
  if (!envelope || !decode || !message) return undefined
  return { apiVersion: textField(type, 1), kind, ...decode(message) }
}

function decodeMeta(message: MessageFields): JsonObject {
  const metadata = messageField(message, 1)
  return {
    name: textField(metadata, 1),
    generateName: textField(metadata, 2),
    labels: decodeMap(metadata, 11),
    annotations: decodeMap(metadata, 12),
  }
}

/** A map<string, string>: one message with key and value for each entry. */
function decodeMap(message: MessageFields | undefined, field: number): JsonObject {
  const entries = (message?.get(field) ?? []).flatMap((bytes): [string, string][] => {
    const entry = typeof bytes === 'number' ? undefined : readMessage(bytes)
    return entry ? [[textField(entry, 1), textField(entry, 2)]] : []
  })
  return Object.fromEntries(entries)
}

function decodeAccessSpec(spec: MessageFields | undefined): JsonObject {
  const resource = messageField(spec, 1)
  const nonResource = messageField(spec, 2)
  return {
    ...(resource
      ? {
          resourceAttributes: {
            namespace: textField(resource, 1),
            verb: textField(resource, 2),
            group: textField(resource, 3),
            version: textField(resource, 4),
            resource: textField(resource, 5),
            subresource: textField(resource, 6),
            name: textField(resource, 7),
          },
        }
      : {}),
    ...(nonResource
      ? {
          nonResourceAttributes: {
            path: textField(nonResource, 1),
            verb: textField(nonResource, 2),
          },
        }
      : {}),
  }
}

function decodeDeleteOptions(message: MessageFields): JsonObject {
  const preconditions = messageField(message, 2)
  const uid = textField(preconditions, 1)
  const resourceVersion = textField(preconditions, 2)
  const dryRun = message.get(5) ?? []
  const propagationPolicy = textField(message, 4)
  return {
    ...(propagationPolicy === '' ? {} : { propagationPolicy }),
    preconditions: {
      ...(uid === '' ? {} : { uid }),
      ...(resourceVersion === '' ? {} : { resourceVersion }),
    },
    dryRun: dryRun.flatMap((value) =>
      typeof value === 'number' ? [] : [Buffer.from(value).toString('utf8')],
    ),
  }
}
