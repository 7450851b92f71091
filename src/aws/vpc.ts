import type * as Ec2Sdk from '@aws-sdk/client-ec2'
import type { Clock } from '../lib/clock.ts'
import type { AwsCall } from './call.ts'
import { AwsError } from './errors.ts'
import type { NetworkFacts, NetworkPort, Subnet } from './ports.ts'

/** VPCs and subnets change when people change them; a new subnet is used after this time at the latest. */
const TTL_MS = 300_000
/** Pages of subnets; a VPC has 200 unless its quota was raised. */
const MAX_PAGES = 50
/** Cached answers; more VPCs than this in one account and region are not in use at once. */
const MAX_CACHED = 1_000

export interface VpcOptions {
  readonly clock: Clock
  readonly call: AwsCall
  /** client-ec2 takes a third of a second to load, so it is loaded when the first task needs a network. */
  readonly loadClient: () => Promise<Ec2Sdk.EC2Client>
}

interface Entry {
  readonly answer: Promise<NetworkFacts>
  readonly untilMs: number
  facts?: NetworkFacts
}

/**
 * EC2's VPCs and subnets. Answers are kept for TTL_MS, errors not at all. Everyone who waits for the same VPC shares
 * one read, so a signal ends the waiting and not the read.
 */
export function createNetworkPort(options: VpcOptions): NetworkPort {
  const { clock } = options
  const entries = new Map<string | undefined, Entry>()

  function current(vpcId: string | undefined): Entry | undefined {
    const entry = entries.get(vpcId)
    return entry && clock.monotonicMs() < entry.untilMs ? entry : undefined
  }

  function ask(vpcId: string | undefined): Entry {
    if (entries.size >= MAX_CACHED) entries.clear()
    const answer = readNetwork(options, vpcId)
    const entry: Entry = { answer, untilMs: clock.monotonicMs() + TTL_MS }
    entries.set(vpcId, entry)
    answer.then(
      (facts) => {
        entry.facts = facts
      },
      () => {
        if (entries.get(vpcId) === entry) entries.delete(vpcId)
      },
    )
    return entry
  }

  return {
    read: (vpcId, signal) => orAborted((current(vpcId) ?? ask(vpcId)).answer, signal),
    known: (vpcId) => current(vpcId)?.facts,
  }
}

async function readNetwork(options: VpcOptions, wanted: string | undefined): Promise<NetworkFacts> {
  const filter =
    wanted === undefined
      ? { Name: 'isDefault', Values: ['true'] }
      : { Name: 'vpc-id', Values: [wanted] }
  const found = await vpcIds(options, filter)
  const vpcId = wanted === undefined ? found[0] : found.find((id) => id === wanted)
  if (vpcId === undefined) return { vpcId, subnets: [] }
  return { vpcId, subnets: await readSubnets(options, { Name: 'vpc-id', Values: [vpcId] }) }
}

async function vpcIds(
  { call, loadClient }: VpcOptions,
  filter: Ec2Sdk.Filter,
): Promise<readonly string[]> {
  const [client, { DescribeVpcsCommand }] = await Promise.all([loadClient(), loadSdk()])
  const command = new DescribeVpcsCommand({ Filters: [filter] })
  const answer = await call({ user: 'DescribeVpcs', priority: 'Normal' }, () =>
    client.send(command),
  )
  return (answer.Vpcs ?? []).flatMap(({ VpcId }) => (VpcId === undefined ? [] : [VpcId]))
}

async function readSubnets(
  { call, loadClient }: VpcOptions,
  filter: Ec2Sdk.Filter,
): Promise<readonly Subnet[]> {
  const [client, { DescribeSubnetsCommand }] = await Promise.all([loadClient(), loadSdk()])
  const subnets: Ec2Sdk.Subnet[] = []
  let token: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const command = new DescribeSubnetsCommand({ Filters: [filter], NextToken: token })
    const answer = await call({ user: 'DescribeSubnets', priority: 'Normal' }, () =>
      client.send(command),
    )
    subnets.push(...(answer.Subnets ?? []))
    token = answer.NextToken
    if (token === undefined || token === '') return subnets.flatMap(parseSubnet)
  }
  const message = `more than ${MAX_PAGES} pages`
  throw new AwsError({ operation: 'DescribeSubnets', code: 'TooManyPages', message })
}

function parseSubnet(subnet: Ec2Sdk.Subnet): readonly Subnet[] {
  const { SubnetId, VpcId, AvailabilityZone } = subnet
  if (SubnetId === undefined) return []
  const tags = (subnet.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''] as const)
  return [
    {
      subnetId: SubnetId,
      vpcId: VpcId ?? '',
      availabilityZone: AvailabilityZone ?? '',
      tags: Object.fromEntries(tags),
    },
  ]
}

function loadSdk(): Promise<typeof Ec2Sdk> {
  return import('@aws-sdk/client-ec2')
}

function orAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return answer
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      const message = 'the wait for the network was given up'
      reject(new AwsError({ operation: 'DescribeVpcs', code: 'AbortError', message, sent: false }))
    }
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const done = (): void => signal.removeEventListener('abort', onAbort)
    answer.then(resolve, reject).finally(done)
  })
}
