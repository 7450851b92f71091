import type { TemplateSpec } from '../kinds/generated.ts'
import type { RegisterTaskDefinitionBody, RunTaskBody } from './ports.ts'
import { type TemplatePath, type TemplateProblem, templateError } from './template-problem.ts'

/** RunTask makes at most one EBS volume for a task (API_RunTask). */
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

type Volume = NonNullable<RegisterTaskDefinitionBody['volumes']>[number]

/** What ECS would refuse about the volumes of a definition (API reference of Volume and EFSVolumeConfiguration). */
export function volumeProblems(
  body: RegisterTaskDefinitionBody,
  { template, onFargate }: { readonly template: TemplateSpec; readonly onFargate: boolean },
): readonly TemplateProblem[] {
  const volumes = body.volumes ?? []
  return volumes.flatMap((volume, index) => {
    const isDouble = volumes.findIndex(({ name }) => name === volume.name) < index
    const message =
      (isDouble ? 'two volumes have this name' : undefined) ??
      (onFargate ? fargateVolumeProblem(volume) : undefined) ??
      efsProblem(volume)
    return message === undefined
      ? []
      : [templateError(volumePath(volume, template), `volume ${volume.name ?? ''}: ${message}`)]
  })
}

function volumePath({ name }: Volume, template: TemplateSpec): TemplatePath {
  const own = template.volumes?.findIndex((volume) => volume.name === name) ?? -1
  if (own >= 0) return ['volumes', own]
  return template.taskDefinition ? ['taskDefinition', 'volumes'] : ['taskDefinitionArn']
}

function fargateVolumeProblem(volume: Volume): string | undefined {
  const way = 'leave it out, or use launchType: EC2'
  if (volume.host?.sourcePath !== undefined) return `Fargate has no host.sourcePath: ${way}`
  if (volume.dockerVolumeConfiguration) return `Fargate has no Docker volumes: ${way}`
  return undefined
}

/** An access point has its own directory, and whoever proves who he is does so over TLS. */
function efsProblem({ efsVolumeConfiguration: efs }: Volume): string | undefined {
  const { accessPointId, iam } = efs?.authorizationConfig ?? {}
  if (accessPointId !== undefined && (efs?.rootDirectory ?? '/') !== '/') {
    return 'an EFS access point has its own directory: leave rootDirectory out'
  }
  const needsTls = accessPointId !== undefined || iam === 'ENABLED'
  if (!needsTls || efs?.transitEncryption === 'ENABLED') return undefined
  return 'an EFS access point and IAM authorization need transitEncryption: ENABLED'
}
