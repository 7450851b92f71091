import { sha256 } from '../lib/names.ts'
import type { ContainerInstanceConfig, EmulatorConfig } from './config.ts'
import type { Resources, TaskRecord } from './task-record.ts'

export interface ContainerInstance {
  readonly arn: string
  readonly ec2InstanceId: string
  readonly config: ContainerInstanceConfig
  /** What tasks hold now, by task id. */
  readonly held: Map<string, Resources>
  remaining: { cpu: number; memoryMiB: number; gpus: number }
}

/** The instances of the configuration; ids derive from their place in it, so that they survive restarts. */
export function createContainerInstances(config: EmulatorConfig): readonly ContainerInstance[] {
  return config.containerInstances.map((instance, index) => {
    const id = sha256(`container instance ${index}`).slice(0, 32)
    const { cpu, memoryMiB, gpus = 0 } = instance
    return {
      arn: `arn:aws:ecs:${config.region}:${config.accountId}:container-instance/${instance.cluster}/${id}`,
      ec2InstanceId:
        instance.launchType === 'EC2' ? `i-${id.slice(0, 17)}` : `mi-${id.slice(0, 17)}`,
      config: instance,
      held: new Map(),
      remaining: { cpu, memoryMiB, gpus },
    }
  })
}

/** Takes what a task holds from its instance; nothing for tasks without one. */
export function reserve(instances: readonly ContainerInstance[], task: TaskRecord): void {
  const instance = instances.find(({ arn }) => arn === task.containerInstanceArn)
  if (!instance || !task.held) return
  instance.held.set(task.id, task.held)
  const { cpu, memoryMiB, gpus } = instance.remaining
  instance.remaining = {
    cpu: cpu - task.held.cpu,
    memoryMiB: memoryMiB - task.held.memoryMiB,
    gpus: gpus - task.held.gpus,
  }
}

/** Gives back what a task holds. */
export function release(instances: readonly ContainerInstance[], task: TaskRecord): void {
  const instance = instances.find(({ arn }) => arn === task.containerInstanceArn)
  if (!instance?.held.delete(task.id) || !task.held) return
  const { cpu, memoryMiB, gpus } = instance.remaining
  instance.remaining = {
    cpu: cpu + task.held.cpu,
    memoryMiB: memoryMiB + task.held.memoryMiB,
    gpus: gpus + task.held.gpus,
  }
}
