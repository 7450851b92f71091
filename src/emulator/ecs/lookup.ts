import type { Cluster } from '../cluster.ts'
import type { CallContext } from '../context.ts'
import { AwsError, clientException, invalidParameter } from '../errors.ts'
import type { TaskDefinition } from '../task-definition.ts'

export const DEFAULT_CLUSTER = 'default'

/** The name in a cluster's name or ARN; the default cluster when absent. */
export function clusterName(nameOrArn: string | undefined): string {
  return nameOrArn?.split(':cluster/').at(-1) ?? DEFAULT_CLUSTER
}

/** The ACTIVE cluster of a name or ARN. */
export function findCluster(context: CallContext, nameOrArn: string | undefined): Cluster {
  const cluster = context.state.clusters.get(clusterName(nameOrArn))
  if (cluster?.status !== 'ACTIVE') {
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.')
  }
  return cluster
}

/** The id in a task's id or ARN; ids are 32 hexadecimal characters. */
export function taskId(idOrArn: string): string {
  return idOrArn.split('/').at(-1) ?? idOrArn
}

export interface DefinitionName {
  readonly family: string
  readonly revision: number | undefined
}

/** Reads `family`, `family:revision` or an ARN. */
export function parseDefinitionName(text: string): DefinitionName {
  const name = text.split(':task-definition/').at(-1) ?? text
  const match = /^([A-Za-z0-9_-]+)(?::(\d+))?$/.exec(name)
  if (!match?.[1]) throw clientException('Invalid revision number. Number: ')
  return { family: match[1], revision: match[2] === undefined ? undefined : Number(match[2]) }
}

/** The named revision, or the latest ACTIVE one of a family. */
export function findDefinition(context: CallContext, text: string): TaskDefinition | undefined {
  const { family, revision } = parseDefinitionName(text)
  const { definitions } = context.state
  return revision === undefined
    ? definitions.latestActive(family)
    : definitions.revision(family, revision)
}

/** A member that the service cannot do without. */
export function required(value: string | undefined, member: string): string {
  if (value === undefined || value === '') {
    throw invalidParameter(`${member} can not be blank.`)
  }
  return value
}
