import type { TemplateSpec } from '../kinds/generated.ts'
import { type StrategyItem, writable } from './ecs-shapes.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { type TemplatePath, type TemplateProblem, templateError } from './template-problem.ts'

/**
 * What a task runs on, as far as the request tells. `ClusterDefault`: neither launch type nor strategy
 * is sent, and the default strategy of the cluster decides.
 */
export type Platform = 'Fargate' | 'Ec2' | 'External' | 'ClusterDefault'

/** Where an attempt is to run: at most one of launch type and strategy. */
export interface Capacity {
  readonly platform: Platform
  readonly launchType?: 'FARGATE' | 'EC2' | 'EXTERNAL'
  readonly capacityProviderStrategy?: readonly StrategyItem[]
  /** Where it is written in the template. */
  readonly path: TemplatePath
}

interface Choice {
  readonly launchType?: TemplateSpec['launchType']
  readonly capacityProviderStrategy?: TemplateSpec['capacityProviderStrategy']
}

const FARGATE_PROVIDERS: readonly string[] = ['FARGATE', 'FARGATE_SPOT']

/**
 * The capacity of a rung of the ladder; rungs beyond the last are the last. Without a ladder a strategy
 * replaces the launch type, and FARGATE is the default.
 */
export function chooseCapacity(template: TemplateSpec, rung: number): Capacity {
  const ladder = template.capacityLadder ?? []
  const index = Math.min(Math.max(rung, 0), ladder.length - 1)
  const choice = ladder[index]
  if (choice && isChoice(choice)) return toCapacity(choice, ['capacityLadder', index])
  return toCapacity(template, [])
}

function isChoice(choice: Choice): boolean {
  return choice.launchType !== undefined || (choice.capacityProviderStrategy ?? []).length > 0
}

function toCapacity(choice: Choice, path: TemplatePath): Capacity {
  const strategy = choice.capacityProviderStrategy ?? []
  if (strategy.length > 0) {
    const isFargate = strategy.every((item) => FARGATE_PROVIDERS.includes(item.capacityProvider))
    return {
      platform: isFargate ? 'Fargate' : 'Ec2',
      capacityProviderStrategy: writable(strategy),
      path: [...path, 'capacityProviderStrategy'],
    }
  }
  return { ...launchTypeCapacity(choice.launchType ?? 'FARGATE'), path: [...path, 'launchType'] }
}

function launchTypeCapacity(
  launchType: NonNullable<TemplateSpec['launchType']>,
): Omit<Capacity, 'path'> {
  switch (launchType) {
    case 'FARGATE':
      return { platform: 'Fargate', launchType }
    case 'FARGATE_SPOT':
      // ECS has no such launch type: Spot is reached only through a strategy.
      return {
        platform: 'Fargate',
        capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      }
    case 'EC2':
      return { platform: 'Ec2', launchType }
    case 'EXTERNAL':
      return { platform: 'External', launchType }
    case 'NONE':
      return { platform: 'ClusterDefault' }
  }
}

/** True when the task is going to run on Fargate, so that its sizes are the task's and not the container's. */
export function isOnFargate(
  capacity: Capacity,
  definition: Pick<RegisterTaskDefinitionBody, 'requiresCompatibilities'>,
): boolean {
  if (capacity.platform !== 'ClusterDefault') return capacity.platform === 'Fargate'
  return (definition.requiresCompatibilities ?? []).includes('FARGATE')
}

/** What ECS would refuse about the ladder and the strategies (API_RunTask). */
export function capacityProblems(template: TemplateSpec): readonly TemplateProblem[] {
  const own = template.capacityProviderStrategy ?? []
  const ladder = template.capacityLadder ?? []
  return [
    ...strategyProblems(own, ['capacityProviderStrategy']),
    ...ladder.flatMap((rung, index) => rungProblems(rung, ['capacityLadder', index])),
  ]
}

function rungProblems(rung: Choice, path: TemplatePath): readonly TemplateProblem[] {
  if (!isChoice(rung)) {
    return [templateError(path, 'a rung needs launchType or capacityProviderStrategy')]
  }
  const strategy = rung.capacityProviderStrategy ?? []
  if (rung.launchType !== undefined && strategy.length > 0) {
    return [
      templateError(path, 'a rung has either launchType or capacityProviderStrategy, not both'),
    ]
  }
  return strategyProblems(strategy, [...path, 'capacityProviderStrategy'])
}

function strategyProblems(
  strategy: NonNullable<TemplateSpec['capacityProviderStrategy']>,
  path: TemplatePath,
): readonly TemplateProblem[] {
  const names = strategy.map((item) => item.capacityProvider)
  const fargate = names.filter((name) => FARGATE_PROVIDERS.includes(name))
  const problems: TemplateProblem[] = []
  const refuse = (message: string): void => {
    problems.push(templateError(path, message))
  }
  if (fargate.length > 0 && fargate.length < names.length) {
    refuse('FARGATE and FARGATE_SPOT cannot be mixed with other capacity providers')
  }
  if (new Set(names).size < names.length) refuse('a capacity provider is named twice')
  if (strategy.length > 1 && strategy.every((item) => (item.weight ?? 0) === 0)) {
    refuse('at least one capacity provider needs a weight above 0')
  }
  if (strategy.filter((item) => (item.base ?? 0) > 0).length > 1) {
    refuse('only one capacity provider can have a base')
  }
  return problems
}
