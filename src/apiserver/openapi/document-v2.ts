import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { MessageWriter } from '../protobuf.ts'
import type { ResourceInfo } from '../resource.ts'
import { definitionName, renderDefinitions } from './document.ts'
import { describePaths, kindExtension, type Operation, type PathDescription } from './paths.ts'

/**
 * The OpenAPI v2 document in gnostic's protobuf form (openapiv2/OpenAPIv2.proto), which is the only
 * form that kubectl up to 1.28 reads. Field numbers are those of that file.
 */
export function renderOpenApiV2(infos: readonly ResourceInfo[], version: string): Uint8Array {
  const paths = infos.flatMap(describePaths)
  const document = new MessageWriter()
    .text(1, '2.0')
    .message(2, new MessageWriter().text(1, 'Capstan').text(2, version))
    .message(8, writePaths(paths))
    .message(9, writeNamedSchemas(renderDefinitions(infos, '#/definitions/')))
  return document.finish()
}

function writePaths(paths: readonly PathDescription[]): MessageWriter {
  const message = new MessageWriter()
  for (const path of paths) {
    message.message(2, new MessageWriter().text(1, path.path).message(2, writePathItem(path)))
  }
  return message
}

/** Field of each method in PathItem. */
const METHOD_FIELDS = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const

function writePathItem({ info, operations, pathParameters }: PathDescription): MessageWriter {
  const item = new MessageWriter()
  for (const operation of operations) {
    item.message(METHOD_FIELDS[operation.method], writeOperation(info, operation))
  }
  for (const name of pathParameters) {
    const parameter = new MessageWriter()
      .flag(1, true)
      .text(2, 'path')
      .text(4, name)
      .text(5, 'string')
    item.message(9, wrapNonBody(new MessageWriter().message(4, parameter)))
  }
  return item
}

function writeOperation(info: ResourceInfo, operation: Operation): MessageWriter {
  const schema = new MessageWriter().text(1, `#/definitions/${definitionName(info)}`)
  const message = new MessageWriter()
    .text(5, operation.id)
    .texts(6, ['application/json'])
    .texts(7, operation.consumes)
  for (const { name, description } of operation.parameters) {
    const parameter = new MessageWriter()
      .text(2, 'query')
      .text(3, description)
      .text(4, name)
      .text(6, 'string')
    message.message(8, wrapNonBody(new MessageWriter().message(3, parameter)))
  }
  if (operation.hasBody) message.message(8, writeBodyParameter(operation, schema))
  const response = new MessageWriter()
    .text(1, 'OK')
    .message(2, new MessageWriter().message(1, schema))
  const named = new MessageWriter()
    .text(1, '200')
    .message(2, new MessageWriter().message(1, response))
  return message
    .message(9, new MessageWriter().message(1, named))
    .message(13, writeNamedAny('x-kubernetes-action', operation.action))
    .message(13, writeNamedAny('x-kubernetes-group-version-kind', kindExtension(info)))
}

function writeBodyParameter(operation: Operation, schema: MessageWriter): MessageWriter {
  const patchSchema = new MessageWriter().message(22, new MessageWriter().texts(1, ['object']))
  const body = new MessageWriter()
    .text(2, 'body')
    .text(3, 'body')
    .flag(4, true)
    .message(5, operation.method === 'patch' ? patchSchema : schema)
  return new MessageWriter().message(1, new MessageWriter().message(1, body))
}

/** ParametersItem { parameter: Parameter { non_body_parameter } } */
function wrapNonBody(parameter: MessageWriter): MessageWriter {
  return new MessageWriter().message(1, new MessageWriter().message(2, parameter))
}

function writeNamedSchemas(schemas: JsonObject): MessageWriter {
  const message = new MessageWriter()
  for (const [name, schema] of Object.entries(schemas)) {
    if (!isJsonObject(schema)) continue
    message.message(1, new MessageWriter().text(1, name).message(2, writeSchema(schema)))
  }
  return message
}

type WriteMember = (message: MessageWriter, value: Json) => void

const asText =
  (field: number): WriteMember =>
  (message, value) => {
    if (typeof value === 'string') message.text(field, value)
  }
const asInteger =
  (field: number): WriteMember =>
  (message, value) => {
    if (typeof value === 'number') message.integer(field, value)
  }
const asDouble =
  (field: number): WriteMember =>
  (message, value) => {
    if (typeof value === 'number') message.double(field, value)
  }
const asFlag =
  (field: number): WriteMember =>
  (message, value) => {
    if (typeof value === 'boolean') message.flag(field, value)
  }

/** How each keyword is written into Schema. Extensions go another way; anything else is left out. */
const SCHEMA_MEMBERS: Readonly<Record<string, WriteMember>> = {
  $ref: asText(1),
  format: asText(2),
  description: asText(4),
  default: (message, value) => message.message(5, writeAny(value)),
  multipleOf: asDouble(6),
  maximum: asDouble(7),
  exclusiveMaximum: asFlag(8),
  minimum: asDouble(9),
  exclusiveMinimum: asFlag(10),
  maxLength: asInteger(11),
  minLength: asInteger(12),
  pattern: asText(13),
  maxItems: asInteger(14),
  minItems: asInteger(15),
  uniqueItems: asFlag(16),
  maxProperties: asInteger(17),
  minProperties: asInteger(18),
  required: (message, value) => message.texts(19, textItems(value)),
  enum: (message, value) => {
    for (const item of Array.isArray(value) ? (value as readonly Json[]) : []) {
      message.message(20, writeAny(item))
    }
  },
  additionalProperties: (message, value) => {
    if (isJsonObject(value)) message.message(21, new MessageWriter().message(1, writeSchema(value)))
  },
  type: (message, value) => {
    if (typeof value === 'string') message.message(22, new MessageWriter().texts(1, [value]))
  },
  items: (message, value) => {
    if (isJsonObject(value)) message.message(23, new MessageWriter().message(1, writeSchema(value)))
  },
  allOf: (message, value) => {
    for (const item of Array.isArray(value) ? (value as readonly Json[]) : []) {
      if (isJsonObject(item)) message.message(24, writeSchema(item))
    }
  },
  properties: (message, value) => {
    if (isJsonObject(value)) message.message(25, writeNamedSchemas(value))
  },
}

function writeSchema(schema: JsonObject): MessageWriter {
  const message = new MessageWriter()
  for (const [keyword, value] of Object.entries(schema)) {
    if (value === undefined) continue
    if (keyword.startsWith('x-')) message.message(31, writeNamedAny(keyword, value))
    else SCHEMA_MEMBERS[keyword]?.(message, value)
  }
  return message
}

function writeNamedAny(name: string, value: Json): MessageWriter {
  return new MessageWriter().text(1, name).message(2, writeAny(value))
}

/** gnostic keeps any value as YAML text; JSON is YAML. */
function writeAny(value: Json): MessageWriter {
  return new MessageWriter().text(2, `${JSON.stringify(value)}\n`)
}

function textItems(value: Json): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
