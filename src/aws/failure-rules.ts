import type { ErrorRule } from './error-rule.ts'
import {
  DEFINITION_GONE_TEXT,
  NO_CAPACITY_TEXT,
  NO_INSTANCES_TEXT,
  REGISTRATION_RACE_TEXT,
  SIZE_QUOTA_TEXT,
  THROTTLE_TEXT,
  VCPU_QUOTA_TEXT,
} from './error-texts.ts'

/** Rows of this table match on `reason (detail)` alone. */
export interface FailureRule extends Pick<ErrorRule, 'verdict' | 'class' | 'advice' | 'because'> {
  readonly text: RegExp
}

const NO_PLACE = { verdict: 'Terminal', class: 'ConfigurationError' } as const

/** Entries of `failures[]` in an HTTP 200 answer (ECS Developer Guide, API failure reasons); first match wins. */
export const FAILURE_RULES: readonly FailureRule[] = [
  {
    text: /^MISSING\b/,
    verdict: 'NotFound',
    class: 'Unknown',
    advice: 'ECS does not know the task: too new to be seen, or stopped more than an hour ago.',
    because: 'MISSING soon after the launch is not "gone"; the caller knows the age',
  },
  {
    text: VCPU_QUOTA_TEXT,
    verdict: 'QuotaVcpu',
    class: 'Capacity',
    advice:
      'The Fargate vCPU quota of the account is used up; the task is launched when others have ended. To run more at once, raise the quota in Service Quotas.',
    because: 'the quota counts running tasks, so it frees itself',
  },
  {
    text: SIZE_QUOTA_TEXT,
    ...NO_PLACE,
    advice:
      'One task of this size is more than the account allows: lower `cpu` or `memory`, or have the quota raised.',
    because: 'waiting does not help',
  },
  {
    text: NO_CAPACITY_TEXT,
    verdict: 'Capacity',
    class: 'Capacity',
    advice:
      'AWS has no capacity for this task at the moment; it is tried again, or elsewhere by `capacityLadder`.',
    because: 'Fargate and Fargate Spot short of capacity, and empty capacity providers',
  },
  {
    text: /^RESOURCE\b/,
    verdict: 'Capacity',
    class: 'Capacity',
    advice: 'No container instance of the cluster has room for the task; it is tried again.',
    because: 'RESOURCE:CPU, MEMORY, PORTS, ENI, GPU and others: room comes when other tasks end',
  },
  {
    text: /^AGENT\b/,
    verdict: 'Capacity',
    class: 'Capacity',
    advice: 'The agent of the container instance is disconnected; the launch is tried again.',
    because: 'agents reconnect, for example after an update',
  },
  {
    text: /^ATTRIBUTE\b/,
    ...NO_PLACE,
    advice:
      'No container instance has an attribute that the task definition needs: check launch type, network mode, logs and instances.',
    because: 'only another cluster or another definition helps',
  },
  {
    text: /^LOCATION\b/,
    ...NO_PLACE,
    advice: 'The task needs another availability zone: check subnets and volumes.',
    because: 'only another configuration helps',
  },
  {
    text: /MemberOf|placement constraint/i,
    ...NO_PLACE,
    advice: 'No container instance satisfies `placementConstraints`.',
    because: 'only other constraints or instances help',
  },
  {
    text: /^INACTIVE\b/,
    ...NO_PLACE,
    advice: 'The container instance was deregistered.',
    because: 'StartTask alone gives it; instances do not come back',
  },
  {
    text: NO_INSTANCES_TEXT,
    ...NO_PLACE,
    advice: 'The cluster has no container instances: add some, or set `launchType: FARGATE`.',
    because: 'an empty cluster stays empty; a full one says RESOURCE',
  },
  {
    text: DEFINITION_GONE_TEXT,
    verdict: 'NotFound',
    class: 'ConfigurationError',
    advice:
      'The task definition is inactive or unknown: register it again, or correct `taskDefinitionArn`.',
    because: 'the same text as in the exception',
  },
  {
    text: new RegExp(`${THROTTLE_TEXT.source}|${REGISTRATION_RACE_TEXT.source}|Throttl`, 'i'),
    verdict: 'Throttle',
    class: 'Capacity',
    advice: 'AWS throttles a call that it makes for this one; it is tried again more slowly.',
    because: 'the disguised throttles of 1.1, should they come here',
  },
  {
    text: /AccessDenied|not authorized/i,
    ...NO_PLACE,
    advice:
      "A permission is missing: check the controller's credentials, `executionRoleArn` and `taskRoleArn`.",
    because: 'permissions change only by people',
  },
]

/** AWS does not list all reasons; none of them proves that no task exists, so look before the next try. */
export const UNKNOWN_FAILURE: Omit<FailureRule, 'text'> = {
  verdict: 'Retry',
  class: 'Unknown',
  advice: 'ECS did not place the task for a reason that Capstan does not know; it is tried again.',
  because: 'bounded retries find out whether it passes',
}
