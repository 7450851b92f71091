import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import type { AwsError } from '../errors.ts'

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/'

/** Lists whose element on the wire is not the member's name with a small first letter. */
const LIST_ELEMENTS: Readonly<Record<string, string>> = {
  Vpcs: 'vpcSet',
  Subnets: 'subnetSet',
  SecurityGroups: 'securityGroupInfo',
  Tags: 'tagSet',
}

/** Elements that differ from their member's name by more than the first letter. */
const ELEMENTS: Readonly<Record<string, string>> = {
  Description: 'groupDescription',
}

/** The answer of an EC2 operation as XML. */
export function renderXml(operation: string, body: JsonObject, requestId: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${operation}Response xmlns="${NAMESPACE}"><requestId>${requestId}</requestId>${renderMembers(body)}</${operation}Response>`
}

export function renderXmlError(error: AwsError, requestId: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`
}

function renderMembers(body: JsonObject): string {
  return Object.entries(body)
    .map(([name, value]) => (value === undefined ? '' : renderMember(name, value)))
    .join('')
}

function renderMember(name: string, value: Json): string {
  const element = elementOf(name)
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => `<item>${renderValue(item)}</item>`).join('')
    return `<${element}>${items}</${element}>`
  }
  return `<${element}>${renderValue(value)}</${element}>`
}

function renderValue(value: Json): string {
  if (isJsonObject(value)) return renderMembers(value)
  return escapeXml(typeof value === 'string' ? value : JSON.stringify(value))
}

function elementOf(name: string): string {
  return LIST_ELEMENTS[name] ?? ELEMENTS[name] ?? `${name.charAt(0).toLowerCase()}${name.slice(1)}`
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
