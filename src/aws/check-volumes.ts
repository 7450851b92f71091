import type { RegisterTaskDefinitionBody, RunTaskBody } from './ports.ts'
import { type TemplatePath, type TemplateProblem, templateError } from './template-problem.ts'

/** RunTask makes one EBS volume for a task (aws-ecs 1.1). */
const MAX_VOLUMES = 1

/** Volumes that are made at launch: each has its settings, and the settings belong to one. */
export function launchVolumeProblems(
  body: RunTaskBody,
  definition: RegisterTaskDefinitionBody | undefined,
): readonly TemplateProblem[] {
  const path: TemplatePath = ['volumeConfigurations']
  const settings = body.volumeConfigurations ?? []
  const problems: TemplateProblem[] = settings
    .filter(({ managedEBSVolume: volume }) => {
      return volume?.sizeInGiB === undefined && volume?.snapshotId === undefined
    })
    .map(({ name }) => templateError(path, `volume ${name} needs sizeInGiB or snapshotId`))
  if (settings.length > MAX_VOLUMES) {
    problems.push(templateError(path, `${settings.length} EBS volumes; ECS makes ${MAX_VOLUMES}`))
  }
  if (!definition) return problems
  const wanted = (definition.volumes ?? [])
    .filter(({ configuredAtLaunch }) => configuredAtLaunch)
    .map(({ name }) => name ?? '')
  const given = settings.map(({ name }) => name ?? '')
  const missing = wanted.filter((name) => !given.includes(name))
  const unknown = given.filter((name) => !wanted.includes(name))
  return [
    ...problems,
    ...missing.map((name) =>
      templateError(path, `volume ${name} is configured at launch, and nothing is said about it`),
    ),
    ...unknown.map((name) =>
      templateError(path, `${name} is no volume with configuredAtLaunch: true in volumes`),
    ),
  ]
}
