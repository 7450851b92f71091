import { describe, expect, test } from 'vitest'
import { type Case, IN_DOUBT, toError } from '../../test/world/aws-doubts.ts'
import { ERROR_RULES } from './error-rules.ts'
import { AwsError, classifyError } from './errors.ts'

const IAM = 'User: arn:aws:iam::1:user/x is not authorized to perform: ecs:RunTask on resource: *'

const CASES: readonly Case[] = [
  {
    name: 'plain throttle',
    code: 'ThrottlingException',
    message: 'Rate exceeded',
    status: 400,
    expect: ['Throttle', 'Capacity'],
  },
  {
    name: 'throttle of EC2',
    operation: 'DescribeVpcs',
    code: 'RequestLimitExceeded',
    message: 'Request limit exceeded.',
    status: 503,
    expect: ['Throttle', 'Capacity'],
  },
  {
    name: 'throttle of the logs service',
    operation: 'GetLogEvents',
    code: 'ThrottlingException',
    expect: ['Throttle', 'Capacity'],
  },
  {
    name: 'HTTP 429 without a code',
    operation: 'DescribeTasks',
    code: 'UnknownError',
    status: 429,
    expect: ['Throttle', 'Capacity'],
  },
  {
    name: 'throttle wrapped by subnet lookup',
    code: 'InvalidParameterException',
    message:
      'Error retrieving subnet information for [subnet-1]: Rate exceeded (ErrorCode: Throttling)',
    status: 400,
    expect: ['Throttle', 'Capacity'],
  },
  {
    name: 'throttle wrapped by security group lookup',
    code: 'InvalidParameterException',
    message:
      'Error retrieving security group information for [sg-1]: Request limit exceeded. (ErrorCode: RequestLimitExceeded)',
    status: 400,
    expect: ['Throttle', 'Capacity'],
  },
  {
    name: 'registration race',
    operation: 'RegisterTaskDefinition',
    code: 'ClientException',
    message: 'Too many concurrent attempts to create a new revision of the specified family.',
    status: 400,
    expect: ['Throttle', 'Capacity'],
  },
  {
    name: 'own queue full',
    code: 'CapstanQueueFull',
    sent: false,
    expect: ['Throttle', 'Capacity'],
  },
  {
    name: 'hard quota is no throttle',
    operation: 'RegisterTaskDefinition',
    code: 'LimitExceededException',
    message: 'The limit for the resource has been exceeded.',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'vCPU quota, straight apostrophe',
    code: 'ClientException',
    message: "You've reached the limit on the number of vCPUs you can run concurrently",
    expect: ['QuotaVcpu', 'Capacity'],
  },
  {
    name: 'vCPU quota, typographic apostrophe',
    code: 'InvalidParameterException',
    message: 'You’ve reached the limit on the number of vCPUs you can run concurrently',
    expect: ['QuotaVcpu', 'Capacity'],
  },
  {
    name: 'the older text of the quota',
    code: 'ClientException',
    message: "You've reached the limit on the number of tasks you can run concurrently",
    expect: ['QuotaVcpu', 'Capacity'],
  },
  {
    name: 'PROVISIONING quota',
    code: 'ClientException',
    message: 'The limit on tasks in the PROVISIONING state has been reached.',
    status: 400,
    expect: ['Capacity', 'Capacity'],
  },
  {
    name: 'a task larger than the account',
    code: 'ClientException',
    message: 'The requested CPU configuration is above your limit',
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'no Fargate capacity',
    code: 'ServiceUnavailable',
    message:
      'Capacity is unavailable at this time. Please try again later or in a different availability zone',
    status: 503,
    expect: ['Capacity', 'Capacity'],
  },
  {
    name: 'an empty cluster',
    code: 'InvalidParameterException',
    message: 'No Container Instances were found in your cluster.',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'conflict',
    code: 'ConflictException',
    message: 'The client token was used with other parameters',
    status: 400,
    expect: ['Conflict', 'ConfigurationError'],
  },
  {
    name: 'no such cluster, to run in',
    code: 'ClusterNotFoundException',
    message: 'Cluster not found.',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'no such cluster, to look in',
    operation: 'DescribeTasks',
    code: 'ClusterNotFoundException',
    status: 400,
    expect: ['NotFound', 'ConfigurationError'],
  },
  {
    name: 'stopping an unknown task',
    operation: 'StopTask',
    code: 'InvalidParameterException',
    message: 'The referenced task was not found.',
    status: 400,
    expect: ['NotFound', 'Unknown'],
  },
  {
    name: 'stopping a stopped task',
    operation: 'StopTask',
    code: 'InvalidParameterException',
    message: 'The task is already STOPPED.',
    status: 400,
    expect: ['NotFound', 'Unknown'],
  },
  {
    name: 'inactive definition',
    code: 'ClientException',
    message: 'TaskDefinition is inactive',
    status: 400,
    expect: ['NotFound', 'ConfigurationError'],
  },
  {
    name: 'unknown definition',
    operation: 'DescribeTaskDefinition',
    code: 'ClientException',
    message: 'Unable to describe task definition.',
    status: 400,
    expect: ['NotFound', 'ConfigurationError'],
  },
  {
    name: 'no log stream yet',
    operation: 'GetLogEvents',
    code: 'ResourceNotFoundException',
    message: 'The specified log stream does not exist.',
    status: 400,
    expect: ['NotFound', 'ConfigurationError'],
  },
  {
    name: 'no such VPC',
    operation: 'DescribeVpcs',
    code: 'InvalidVpcID.NotFound',
    status: 400,
    expect: ['NotFound', 'ConfigurationError'],
  },
  {
    name: 'execution role may not log',
    code: 'ClientException',
    message:
      'failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException: denied',
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'access denied',
    code: 'AccessDeniedException',
    message: IAM,
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'access denied by EC2',
    operation: 'DescribeVpcs',
    code: 'UnauthorizedOperation',
    status: 403,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'expired session',
    code: 'ExpiredTokenException',
    status: 403,
    expect: ['Retry', 'ConfigurationError'],
  },
  {
    name: 'wrong keys',
    code: 'UnrecognizedClientException',
    status: 403,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'no credentials',
    code: 'CredentialsProviderError',
    sent: false,
    expect: ['Retry', 'ConfigurationError'],
  },
  {
    name: 'a write that its fence kept back',
    code: 'CapstanFenced',
    expect: ['Retry', 'Unknown'],
  },
  {
    name: 'a launch into a place that has not said what runs there',
    code: 'CapstanTooEarly',
    sent: false,
    expect: ['Retry', 'ConfigurationError'],
  },
  {
    name: 'a repeat whose token may be dead',
    code: 'CapstanTooLate',
    expect: ['Retry', 'Unknown'],
  },
  {
    name: 'no region',
    code: 'CapstanNoRegion',
    sent: false,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'blocked account',
    code: 'BlockedException',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'unknown platform version',
    code: 'PlatformUnknownException',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'platform and definition',
    code: 'PlatformTaskDefinitionIncompatibilityException',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'unsupported feature',
    code: 'UnsupportedFeatureException',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'capacity provider of another cluster',
    code: 'InvalidParameterException',
    message:
      'The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster.',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'no network configuration',
    code: 'InvalidParameterException',
    message: "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'overrides too long',
    code: 'InvalidParameterException',
    message: 'Container Overrides length must be at most 8192',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'sizes',
    operation: 'RegisterTaskDefinition',
    code: 'ClientException',
    message: 'No Fargate configuration exists for given values.',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'role',
    code: 'ClientException',
    message:
      "ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided for this task.",
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'any other parameter',
    code: 'InvalidParameterException',
    message: 'Override for container named x is not a container in the TaskDefinition.',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'unknown operation',
    operation: 'ListTasks',
    code: 'UnknownOperationException',
    status: 404,
    expect: ['Terminal', 'ConfigurationError'],
  },
  ...IN_DOUBT,
]

describe('classifyError', () => {
  test.each(CASES)('$name', (row) => {
    const known = classifyError(toError(row))
    expect([known.verdict, known.class]).toEqual(row.expect)
  })

  test('every row of the table decides some case', () => {
    const advice = CASES.map((row) => classifyError(toError(row)).advice)
    const unused = ERROR_RULES.filter(
      (rule) => !advice.some((text) => text.startsWith(`${rule.advice} `)),
    )
    expect(unused.map((rule) => rule.because)).toEqual([])
  })

  test('what was never sent is told in our own words', () => {
    const error = new AwsError({
      operation: 'RunTask',
      code: 'CapstanTooEarly',
      message: 'Cluster blue is silent.',
    })
    expect(classifyError(error).advice).toMatch(
      /^Nothing was launched: .* Cluster blue is silent\.$/,
    )
  })

  test('the advice has the setting, the way out and the words of AWS', () => {
    const error = new AwsError({
      operation: 'RunTask',
      code: 'ClusterNotFoundException',
      message: 'Cluster not found.',
    })
    expect(classifyError(error).advice).toBe(
      'The cluster was not found: check `cluster`, and the region in `aws.region` of the WorkPool. AWS says: ClusterNotFoundException: Cluster not found.',
    )
  })
})
