import { createValidator } from '../manifest/validator.ts'
import type { ApiClient } from './client.ts'
import { type EffectiveSetting, effectiveSettings, workPoolName } from './effective-settings.ts'
import { isReason } from './errors.ts'
import { fetchObject } from './fetch.ts'
import { type ApiObject, textAt } from './objects.ts'
import { DEPLOYMENTS, type Resource, WORK_POOLS } from './resources.ts'

/** Every effective setting of a run, from the objects that it is made of now. */
export async function settingsOfRun(
  client: ApiClient,
  run: ApiObject,
): Promise<readonly EffectiveSetting[]> {
  const { namespace = '' } = run.metadata
  const find = async (resource: Resource, name: string): Promise<ApiObject | undefined> => {
    try {
      return await fetchObject(client, { type: 'Object', resource, namespace, name })
    } catch (error) {
      // A run without its deployment or pool still has the settings of its own.
      if (isReason(error, 'NotFound')) return undefined
      throw error
    }
  }
  const deploymentName = textAt(run, 'spec', 'deployment')
  const deployment = deploymentName ? await find(DEPLOYMENTS, deploymentName) : undefined
  const workPool = await find(WORK_POOLS, workPoolName(run, deployment))
  return effectiveSettings({ run, deployment, workPool }, createValidator())
}
