import type { NetworkConfiguration } from '../kinds/generated.ts'
import type { Platform } from './capacity.ts'
import type { EcsNetworkConfiguration } from './ecs-shapes.ts'
import type { RegisterTaskDefinitionBody, Subnet } from './ports.ts'
import { type TemplateProblem, templateError } from './template-problem.ts'

/** Limits of awsvpcConfiguration (API_AwsVpcConfiguration). */
const MAX_SUBNETS = 16

/** Which VPC has to be read before the network of a task can be chosen. */
export type NetworkLookup =
  /** The definition's network mode takes no network configuration. */
  | { readonly type: 'NotNeeded' }
  /** Everything is given. */
  | { readonly type: 'Given' }
  | { readonly type: 'DefaultVpc' }
  | { readonly type: 'Vpc'; readonly vpcId: string }

export interface NetworkSettings {
  readonly networkConfiguration?: NetworkConfiguration | undefined
  readonly vpcId?: string | undefined
}

/** What was read: no `vpcId` means that there is no such VPC. */
export interface ObservedNetwork {
  readonly vpcId?: string | undefined
  readonly subnets: readonly Subnet[]
}

export type ChosenNetwork =
  | { readonly networkConfiguration: EcsNetworkConfiguration }
  | { readonly problem: TemplateProblem }

/** Subnets that somebody listed need no look, unless they have to belong to a VPC that is named too. */
export function planNetworkLookup(
  settings: NetworkSettings,
  definition: Pick<RegisterTaskDefinitionBody, 'networkMode'>,
): NetworkLookup {
  if (definition.networkMode !== 'awsvpc') return { type: 'NotNeeded' }
  if (settings.vpcId !== undefined) return { type: 'Vpc', vpcId: settings.vpcId }
  const isGiven = (settings.networkConfiguration?.subnets ?? []).length > 0
  return isGiven ? { type: 'Given' } : { type: 'DefaultVpc' }
}

/**
 * The network configuration of a task in awsvpc mode: what is given as it is, the rest inferred.
 * Inferred subnets are at most 16, spread over the availability zones; public addresses are on where
 * Fargate gives them, because a default VPC has no other way out.
 */
export function chooseNetwork(
  settings: NetworkSettings,
  observed: ObservedNetwork | undefined,
  platform: Platform,
): ChosenNetwork {
  const given = settings.networkConfiguration ?? {}
  const chosen = chooseSubnets(settings, observed)
  if ('problem' in chosen) return chosen
  const assignPublicIp = given.assignPublicIp ?? (platform === 'Fargate' ? 'ENABLED' : 'DISABLED')
  return {
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...chosen.subnets],
        securityGroups: [...(given.securityGroups ?? [])],
        assignPublicIp,
      },
    },
  }
}

type ChosenSubnets = { readonly subnets: readonly string[] } | { readonly problem: TemplateProblem }

function chooseSubnets(
  settings: NetworkSettings,
  observed: ObservedNetwork | undefined,
): ChosenSubnets {
  const listed = settings.networkConfiguration?.subnets ?? []
  if (!observed) return { subnets: listed }
  const vpc = settings.vpcId === undefined ? 'the default VPC' : `VPC ${settings.vpcId}`
  if (observed.vpcId === undefined) return refuse(['vpcId'], missingVpc(settings))
  if (listed.length > 0) return checkListed(listed, observed.subnets, vpc)
  const tags = settings.networkConfiguration?.subnetTags ?? {}
  const matching = observed.subnets.filter((subnet) => hasTags(subnet, tags))
  if (matching.length > 0) return { subnets: spread(matching).slice(0, MAX_SUBNETS) }
  if (observed.subnets.length === 0) {
    return refuse(
      ['vpcId'],
      `${vpc} has no subnets: name subnets in networkConfiguration.subnets, or another vpcId`,
    )
  }
  const wanted = Object.entries(tags).map(([key, value]) => `${key}=${value}`)
  return refuse(
    ['networkConfiguration', 'subnetTags'],
    `no subnet of ${vpc} has the tags ${wanted.join(', ')}`,
  )
}

function missingVpc(settings: NetworkSettings): string {
  if (settings.vpcId === undefined) {
    return 'the account has no default VPC in this region: set vpcId, or networkConfiguration.subnets'
  }
  return `there is no VPC ${settings.vpcId} in this account and region: correct vpcId, or aws.region of the WorkPool`
}

function checkListed(
  listed: readonly string[],
  subnets: readonly Subnet[],
  vpc: string,
): ChosenSubnets {
  const known = new Set(subnets.map((subnet) => subnet.subnetId))
  const foreign = listed.filter((subnet) => !known.has(subnet))
  if (foreign.length === 0) return { subnets: listed }
  const message = `subnets ${foreign.join(', ')} are not in ${vpc}: correct them, or leave out vpcId`
  return refuse(['networkConfiguration', 'subnets'], message)
}

function hasTags(subnet: Subnet, tags: Readonly<Record<string, string>>): boolean {
  return Object.entries(tags).every(([key, value]) => subnet.tags[key] === value)
}

/** The ids in turns over the availability zones, always in the same order. */
function spread(subnets: readonly Subnet[]): readonly string[] {
  const zones = new Map<string, string[]>()
  const sorted = [...subnets].sort(
    (a, b) => compare(a.availabilityZone, b.availabilityZone) || compare(a.subnetId, b.subnetId),
  )
  for (const { availabilityZone, subnetId } of sorted) {
    const ids = zones.get(availabilityZone) ?? []
    zones.set(availabilityZone, [...ids, subnetId])
  }
  const most = Math.max(...[...zones.values()].map((ids) => ids.length))
  const rounds = Array.from({ length: most }, (_, round) => round)
  return rounds.flatMap((round) =>
    [...zones.values()].flatMap((ids) => ids.slice(round, round + 1)),
  )
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function refuse(path: readonly string[], message: string): { readonly problem: TemplateProblem } {
  return { problem: templateError(path, message) }
}
