import type { Cluster, StrategyItem } from '../cluster.ts'
import { type AwsError, invalidParameter } from '../errors.ts'
import type { TaskDefinition } from '../task-definition.ts'
import type { LaunchType } from '../task-record.ts'
import { parseCpu, parseMemory } from './fargate-sizes.ts'
import type { RunTaskInput } from './run-task-shape.ts'

export const FARGATE_PROVIDERS: readonly string[] = ['FARGATE', 'FARGATE_SPOT']
const LAUNCH_TYPES: readonly string[] = ['FARGATE', 'EC2', 'EXTERNAL']
const MAX_PROVIDERS = 20
const MAX_WEIGHT = 1_000
const MAX_BASE = 100_000

/** Where the tasks of a call are to run, and how large each is. */
export interface LaunchTarget {
  readonly launchType: LaunchType
  /** Providers to spread the tasks over; empty when a launch type was named. */
  readonly strategy: readonly StrategyItem[]
  /** CPU units and MiB of a task, overrides included; absent where nothing says. */
  readonly cpu?: number | undefined
  readonly memory?: number | undefined
}

/** Settles launch type and strategy of a call; throws what ECS says against them. */
export function launchTarget(
  request: RunTaskInput,
  cluster: Cluster,
  definition: TaskDefinition,
): LaunchTarget {
  const named = toStrategy(request.capacityProviderStrategy)
  const problem = strategyProblem(request, named, cluster)
  if (problem) throw problem
  const strategy =
    named.length > 0 || request.launchType !== undefined ? named : cluster.defaultStrategy
  return {
    launchType: launchTypeOf(request.launchType, strategy),
    strategy,
    cpu: parseCpu(request.overrides?.cpu ?? definition.body.cpu ?? ''),
    memory: parseMemory(request.overrides?.memory ?? definition.body.memory ?? ''),
  }
}

function launchTypeOf(
  launchType: string | undefined,
  strategy: readonly StrategyItem[],
): LaunchType {
  const provider = strategy[0]?.capacityProvider
  if (provider !== undefined) return FARGATE_PROVIDERS.includes(provider) ? 'FARGATE' : 'EC2'
  if (launchType === 'FARGATE' || launchType === 'EXTERNAL') return launchType
  return 'EC2'
}

/** A strategy with the API's defaults. */
export function toStrategy(
  items: RunTaskInput['capacityProviderStrategy'],
): readonly StrategyItem[] {
  return (items ?? []).map(({ capacityProvider = '', weight = 0, base = 0 }) => ({
    capacityProvider,
    weight,
    base,
  }))
}

function strategyProblem(
  request: RunTaskInput,
  strategy: readonly StrategyItem[],
  cluster: Cluster,
): AwsError | undefined {
  const { launchType } = request
  if (launchType !== undefined && strategy.length > 0) {
    return invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    )
  }
  if (launchType !== undefined && !LAUNCH_TYPES.includes(launchType)) {
    return invalidParameter(`Invalid launch type: ${launchType}`)
  }
  return strategy.length === 0 ? undefined : strategyItemsProblem(strategy, cluster)
}

/** Why ECS refuses a strategy in a cluster; undefined when it takes it. */
export function strategyItemsProblem(
  strategy: readonly StrategyItem[],
  cluster: Cluster,
): AwsError | undefined {
  if (strategy.length > MAX_PROVIDERS) {
    return invalidParameter(`A strategy can have at most ${MAX_PROVIDERS} capacity providers.`)
  }
  if (
    strategy.some(({ weight, base }) => !isWithin(weight, MAX_WEIGHT) || !isWithin(base, MAX_BASE))
  ) {
    return invalidParameter('Weight must be 0 to 1000 and base 0 to 100000.')
  }
  if (strategy.length > 1 && !strategy.some(({ weight }) => weight > 0)) {
    return invalidParameter('At least one capacity provider must have a weight greater than zero.')
  }
  if (strategy.filter(({ base }) => base > 0).length > 1) {
    return invalidParameter('Only one capacity provider in a strategy can have a base defined.')
  }
  if (
    strategy.some(({ capacityProvider }) => !cluster.capacityProviders.includes(capacityProvider))
  ) {
    return invalidParameter(
      'The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.',
    )
  }
  const fargate = strategy.filter((item) => FARGATE_PROVIDERS.includes(item.capacityProvider))
  if (fargate.length > 0 && fargate.length < strategy.length) {
    return invalidParameter(
      'A strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers.',
    )
  }
  return undefined
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max
}

/** The provider of task number `index` (from 0): first the base, then by weight. */
export function providerOf(strategy: readonly StrategyItem[], index: number): string | undefined {
  const assigned = new Map<StrategyItem, number>()
  let chosen: StrategyItem | undefined
  for (let task = 0; task <= index; task++) {
    chosen = nextProvider(strategy, assigned)
    if (chosen) assigned.set(chosen, (assigned.get(chosen) ?? 0) + 1)
  }
  return chosen?.capacityProvider
}

function nextProvider(
  strategy: readonly StrategyItem[],
  assigned: ReadonlyMap<StrategyItem, number>,
): StrategyItem | undefined {
  // Weights are shares: a provider that stands alone needs none.
  if (strategy.length === 1) return strategy[0]
  const based = strategy.find((item) => (assigned.get(item) ?? 0) < item.base)
  if (based) return based
  const share = (item: StrategyItem): number =>
    ((assigned.get(item) ?? 0) + 1 - item.base) / item.weight
  return strategy
    .filter(({ weight }) => weight > 0)
    .reduce<StrategyItem | undefined>(
      (best, item) => (best === undefined || share(item) < share(best) ? item : best),
      undefined,
    )
}
