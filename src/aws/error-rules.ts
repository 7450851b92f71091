import type { ErrorRule } from './error-rule.ts'
import {
  DEFINITION_GONE_TEXT,
  LOCAL_CODES,
  NO_CAPACITY_TEXT,
  NO_INSTANCES_TEXT,
  REGISTRATION_RACE_TEXT,
  SERVER_CODES,
  SIZE_QUOTA_TEXT,
  THROTTLE_CODES,
  THROTTLE_TEXT,
  TRANSPORT_CODES,
  VCPU_QUOTA_TEXT,
} from './error-texts.ts'

/** Calls that make something and may have made it although no good answer came. */
const CREATING = ['RunTask', 'RegisterTaskDefinition']
/** Calls about tasks that exist, if at all, inside the cluster that they name. */
const ABOUT_TASKS = ['StopTask', 'DescribeTasks', 'ListTasks']

const terminal = { verdict: 'Terminal', class: 'ConfigurationError' } as const

/** First match wins: by code where codes tell enough, by text only for known disguises. */
export const ERROR_RULES: readonly ErrorRule[] = [
  {
    codes: [LOCAL_CODES.queueFull],
    verdict: 'Throttle',
    class: 'Capacity',
    advice: 'Too many calls wait for their turn already; this one is tried again later.',
    because: 'the bounded queue in front of AWS refused it, nothing was sent',
  },
  {
    codes: [LOCAL_CODES.noRegion],
    ...terminal,
    advice: 'No AWS region is known: set `aws.region` of the WorkPool, or AWS_REGION.',
    because: 'nothing can be sent without a region, and no retry finds one',
  },
  {
    codes: [LOCAL_CODES.fenced],
    verdict: 'Retry',
    class: 'Unknown',
    advice: 'Nothing was sent, because what this controller does cannot be recorded safely.',
    because: 'a repeat of the SDK before it may have arrived, so nothing is concluded',
  },
  {
    codes: [LOCAL_CODES.tooEarly],
    verdict: 'Retry',
    class: 'ConfigurationError',
    advice: 'Nothing was launched: the data directory is new, and ECS may know more than it does.',
    because: 'a place that does not answer may hold what a launch would run twice',
  },
  {
    codes: [LOCAL_CODES.tooLate],
    verdict: 'Retry',
    class: 'Unknown',
    advice: 'The launch is not repeated; its task is looked for in ECS instead.',
    because: 'an earlier request of it may have arrived, and its token may be dead by now',
  },
  {
    codes: ['CredentialsProviderError', 'TokenProviderError', 'ProviderError'],
    verdict: 'Retry',
    class: 'ConfigurationError',
    advice:
      'No AWS credentials could be had: check `aws.profile` and `aws.assumeRole` of the WorkPool, or the environment of the controller.',
    because:
      'metadata services and single sign-on fail for minutes and come back; nothing was sent',
  },
  {
    sent: false,
    verdict: 'Retry',
    class: 'Network',
    advice: 'AWS could not be reached: check the network, `aws.region` and `aws.endpoint`.',
    because: 'a request that never left has changed nothing, whatever the operation',
  },
  {
    operations: ['RunTask'],
    codes: ['ConflictException'],
    verdict: 'Conflict',
    class: 'ConfigurationError',
    advice: 'The client token was already used with another request; its tasks are adopted.',
    because: 'not an error of the run: resourceIds name the tasks that the token launched',
  },
  {
    codes: ['LimitExceededException', 'ResourceLimitExceeded', 'VcpuLimitExceeded'],
    ...terminal,
    advice: 'A quota of the AWS account is reached: raise it, or remove what is not needed.',
    because: 'a hard quota, although the SDK counts it among the throttles and repeats it',
  },
  {
    text: REGISTRATION_RACE_TEXT,
    verdict: 'Throttle',
    class: 'Capacity',
    advice:
      'Another registration in the same task definition family is under way; it is tried again.',
    because: 'a ClientException by name, a matter of taking turns by nature',
  },
  {
    codes: THROTTLE_CODES,
    verdict: 'Throttle',
    class: 'Capacity',
    advice: 'AWS throttles this call; it is tried again more slowly.',
    because: 'ThrottlingException and its names in other services',
  },
  {
    text: THROTTLE_TEXT,
    verdict: 'Throttle',
    class: 'Capacity',
    advice: 'AWS throttles a call that it makes for this one; it is tried again more slowly.',
    because: "RunTask's own EC2 calls are throttled and reported as InvalidParameterException",
  },
  {
    status: [429, 429],
    verdict: 'Throttle',
    class: 'Capacity',
    advice: 'The endpoint throttles this call; it is tried again more slowly.',
    because: 'proxies and compatible endpoints answer so without a known code',
  },
  {
    text: /PROVISIONING/,
    codes: ['ClientException', 'InvalidParameterException'],
    verdict: 'Capacity',
    class: 'Capacity',
    advice:
      'Too many tasks of the cluster are PROVISIONING; the task is launched when some have started.',
    because:
      'the quota of 500 per cluster empties by itself (capacity providers of Auto Scaling groups)',
  },
  {
    text: VCPU_QUOTA_TEXT,
    verdict: 'QuotaVcpu',
    class: 'Capacity',
    advice:
      'The Fargate vCPU quota of the account is used up; the task is launched when others have ended. To run more at once, raise the quota in Service Quotas.',
    because: 'the quota counts running tasks, so it frees itself; not a failure of the run',
  },
  {
    text: SIZE_QUOTA_TEXT,
    ...terminal,
    advice:
      'One task of this size is more than the account allows: lower `cpu` or `memory`, or have the quota raised.',
    because: 'new accounts have a limit on the size of one task; waiting does not help',
  },
  {
    text: NO_CAPACITY_TEXT,
    verdict: 'Capacity',
    class: 'Capacity',
    advice:
      'AWS has no capacity for this task at the moment; it is tried again, or elsewhere by `capacityLadder`.',
    because: 'capacity comes and goes; the same text is found in exceptions and in failures[]',
  },
  {
    text: NO_INSTANCES_TEXT,
    ...terminal,
    advice:
      'The cluster has no container instances: add some, or set `launchType: FARGATE`, or name a cluster that has them.',
    because: 'an empty cluster stays empty; a full one says RESOURCE',
  },
  {
    operations: ABOUT_TASKS,
    codes: ['ClusterNotFoundException'],
    verdict: 'NotFound',
    class: 'ConfigurationError',
    advice: 'The cluster is not there, so none of its tasks is.',
    because: 'ECS deletes no cluster that has tasks',
  },
  {
    codes: ['ClusterNotFoundException'],
    ...terminal,
    advice:
      'The cluster was not found: check `cluster`, and the region in `aws.region` of the WorkPool.',
    because: 'a name that does not exist in this account and region',
  },
  {
    operations: ['StopTask'],
    codes: ['InvalidParameterException', 'ClientException'],
    text: /not found|stopped/i,
    verdict: 'NotFound',
    class: 'Unknown',
    advice: 'There is nothing left to stop.',
    because: 'an unknown task and one that is STOPPED already are both the wanted end',
  },
  {
    operations: [
      'RunTask',
      'DescribeTaskDefinition',
      'DeregisterTaskDefinition',
      'DeleteTaskDefinitions',
    ],
    codes: ['ClientException', 'InvalidParameterException'],
    text: DEFINITION_GONE_TEXT,
    verdict: 'NotFound',
    class: 'ConfigurationError',
    advice:
      'The task definition is inactive or unknown: register it again, or correct `taskDefinitionArn`.',
    because: 'someone deregistered it; what Capstan registered it can register again',
  },
  {
    codes: [
      'ResourceNotFoundException',
      'InvalidVpcID.NotFound',
      'InvalidSubnetID.NotFound',
      'InvalidSubnet.NotFound',
    ],
    verdict: 'NotFound',
    class: 'ConfigurationError',
    advice: 'What the call names does not exist in this account and region.',
    because: 'log groups and streams appear late; VPCs and subnets are checked by their readers',
  },
  {
    text: /failed to validate logger args[^]*AccessDenied/i,
    ...terminal,
    advice:
      'The execution role may not write logs: give `executionRoleArn` logs:CreateLogStream, logs:PutLogEvents and logs:CreateLogGroup.',
    because: 'reported under other names than AccessDenied, and about another role than the caller',
  },
  {
    codes: ['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation', 'AuthFailure'],
    ...terminal,
    advice:
      "The controller's credentials lack the permission: allow the action (and iam:PassRole for task and execution roles) in IAM.",
    because: 'permissions change only by people',
  },
  {
    codes: ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired'],
    verdict: 'Retry',
    class: 'ConfigurationError',
    advice:
      'The AWS session has expired; it is renewed. If this goes on, sign in again or check the clock.',
    because: 'the SDK fetches new credentials for the next call',
  },
  {
    codes: [
      'UnrecognizedClientException',
      'InvalidClientTokenId',
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
      'IncompleteSignature',
      'MissingAuthenticationToken',
      'MissingAuthenticationTokenException',
      'OptInRequired',
    ],
    ...terminal,
    advice: 'AWS does not accept the credentials: check keys, session token, region and clock.',
    because: 'the keys themselves are wrong for this endpoint',
  },
  {
    codes: ['BlockedException'],
    ...terminal,
    advice: 'AWS has blocked this account: contact AWS Support.',
    because: 'nothing in a manifest can change it',
  },
  {
    codes: ['PlatformUnknownException', 'PlatformTaskDefinitionIncompatibilityException'],
    ...terminal,
    advice: 'The Fargate platform does not fit: check `platformVersion` and `runtimePlatform`.',
    because: 'a version that does not exist or cannot run this definition',
  },
  {
    codes: ['UnsupportedFeatureException'],
    ...terminal,
    advice: 'This region or launch type does not support what the template asks for.',
    because: 'a property of the region',
  },
  {
    operations: ['RunTask'],
    codes: ['InvalidParameterException', 'ClientException'],
    text: /capacity provider/i,
    ...terminal,
    advice:
      'The capacity provider cannot be used: check `capacityProviderStrategy`; each provider must be associated with the cluster.',
    because: 'the association is configuration of the cluster',
  },
  {
    operations: ['RunTask'],
    codes: ['InvalidParameterException', 'ClientException'],
    text: /subnet|security ?group|network|public ?ip/i,
    ...terminal,
    advice:
      'The network configuration is refused: check `networkConfiguration` (subnets, security groups, assignPublicIp) and `vpcId`.',
    because: 'stands behind the throttle rows, which have the same words in another sense',
  },
  {
    text: /overrides length must be at most/i,
    ...terminal,
    advice:
      '`env` and `command` are longer than the 8,192 characters that ECS takes per run: move values to secrets, files or `taskDefinition`.',
    because: 'checked before the call; a customization or an older ECS may still meet it',
  },
  {
    text: /unable to assume|\brole\b/i,
    codes: ['ClientException', 'InvalidParameterException'],
    ...terminal,
    advice:
      'A role cannot be used: check `executionRoleArn`, `taskRoleArn` and their trust in ecs-tasks.amazonaws.com.',
    because: 'the texts of the role checks of ECS',
  },
  {
    text: /fargate|'?(cpu|memory)'? setting|at least one of 'memory'/i,
    codes: ['ClientException', 'InvalidParameterException'],
    ...terminal,
    advice: 'The sizes do not fit the launch type: check `cpu`, `memory` and `launchType`.',
    because: 'the texts of the size and compatibility checks of ECS',
  },
  {
    codes: [
      'InvalidParameterException',
      'InvalidParameterValue',
      'InvalidParameter',
      'ClientException',
      'ValidationException',
      'ValidationError',
      'SerializationException',
      'UnknownOperationException',
      'UnknownOperation',
    ],
    ...terminal,
    advice: 'AWS refuses the request: correct the template.',
    because: 'the same request gets the same answer',
  },
  {
    operations: CREATING,
    codes: SERVER_CODES,
    verdict: 'Ambiguous',
    class: 'HostFailure',
    advice: 'AWS failed while it worked on the request; the same request is sent again.',
    because: 'a 5xx may come after the work was done; the token makes the repeat harmless',
  },
  {
    operations: CREATING,
    status: [500, 599],
    verdict: 'Ambiguous',
    class: 'HostFailure',
    advice: 'AWS failed while it worked on the request; the same request is sent again.',
    because: 'the same, under a code that is not known',
  },
  {
    codes: SERVER_CODES,
    verdict: 'Retry',
    class: 'HostFailure',
    advice: 'AWS has a fault; the call is tried again.',
    because: 'reading, stopping and deregistering may be repeated at will',
  },
  {
    status: [500, 599],
    verdict: 'Retry',
    class: 'HostFailure',
    advice: 'AWS has a fault; the call is tried again.',
    because: 'the same, under a code that is not known',
  },
  {
    operations: CREATING,
    codes: TRANSPORT_CODES,
    verdict: 'Ambiguous',
    class: 'Network',
    advice: 'The answer was lost; the same request is sent again.',
    because: 'AWS may have done the work and only the answer did not arrive',
  },
  {
    codes: TRANSPORT_CODES,
    verdict: 'Retry',
    class: 'Network',
    advice: 'The network failed; the call is tried again.',
    because: 'repeating these calls is harmless',
  },
  {
    status: [400, 499],
    ...terminal,
    advice: 'AWS refuses the request.',
    because: 'AWS: do not repeat a 4xx',
  },
  {
    operations: CREATING,
    verdict: 'Ambiguous',
    class: 'Unknown',
    advice: 'It is not known whether AWS has done the work; the same request is sent again.',
    because: 'an unknown fault proves nothing, and a second task is worse than a second look',
  },
]

/** Any other error of a call that may be repeated. */
export const UNKNOWN_ERROR: ErrorRule = {
  verdict: 'Retry',
  class: 'Unknown',
  advice: 'AWS gave an error that Capstan does not know; the call is tried again.',
  because: 'unknown errors are retryable, with backoff',
}
