import { limitedName } from '../lib/names.ts'
import { API_VERSION, type ObjectMeta, WIRE } from './meta.ts'

/** Label values have at most 63 characters. */
const LABEL_LIMIT = 63

/** Object names have at most 253 characters; the rest is for `-2` of a second attempt's Pod and the like. */
const NAME_LIMIT = 240

/** The deployment's name, shortened where it must be, with the suffix that tells its runs apart. */
export function deploymentRunName(deployment: string, suffix: string): string {
  return `${limitedName(deployment, NAME_LIMIT - suffix.length - 1)}-${suffix}`
}

/**
 * What says of a Run that a deployment made it, whatever the occasion: a schedule, a trigger, a backfill, or a
 * person who said `capstan run`. Such runs count for the deployment's history limits and go when it goes.
 */
export function madeByDeployment({
  name,
  uid,
}: Pick<ObjectMeta, 'name' | 'uid'>): Required<Pick<ObjectMeta, 'labels' | 'ownerReferences'>> {
  return {
    labels: { [WIRE.labelDeployment]: limitedName(name, LABEL_LIMIT) },
    ownerReferences: [{ apiVersion: API_VERSION, kind: 'Deployment', name, uid, controller: true }],
  }
}
