import type { Operation } from '../context.ts'
import { createCluster } from './create-cluster.ts'
import { deleteCluster } from './delete-cluster.ts'
import { deleteTaskDefinitions } from './delete-task-definitions.ts'
import { deregisterTaskDefinition } from './deregister-task-definition.ts'
import { describeClusters } from './describe-clusters.ts'
import { describeContainerInstances } from './describe-container-instances.ts'
import { describeTaskDefinition } from './describe-task-definition.ts'
import { describeTasks } from './describe-tasks.ts'
import { listClusters } from './list-clusters.ts'
import { listContainerInstances } from './list-container-instances.ts'
import { listTagsForResource } from './list-tags-for-resource.ts'
import { listTaskDefinitionFamilies } from './list-task-definition-families.ts'
import { listTaskDefinitions } from './list-task-definitions.ts'
import { listTasks } from './list-tasks.ts'
import { putClusterCapacityProviders } from './put-cluster-capacity-providers.ts'
import { registerTaskDefinition } from './register-task-definition.ts'
import { runTask } from './run-task.ts'
import { stopTask } from './stop-task.ts'
import { tagResource } from './tag-resource.ts'
import { untagResource } from './untag-resource.ts'

export const ecsOperations: Readonly<Record<string, Operation>> = {
  CreateCluster: createCluster,
  DeleteCluster: deleteCluster,
  DeleteTaskDefinitions: deleteTaskDefinitions,
  DeregisterTaskDefinition: deregisterTaskDefinition,
  DescribeClusters: describeClusters,
  DescribeContainerInstances: describeContainerInstances,
  DescribeTaskDefinition: describeTaskDefinition,
  DescribeTasks: describeTasks,
  ListClusters: listClusters,
  ListContainerInstances: listContainerInstances,
  ListTagsForResource: listTagsForResource,
  ListTaskDefinitionFamilies: listTaskDefinitionFamilies,
  ListTaskDefinitions: listTaskDefinitions,
  ListTasks: listTasks,
  PutClusterCapacityProviders: putClusterCapacityProviders,
  RegisterTaskDefinition: registerTaskDefinition,
  RunTask: runTask,
  StopTask: stopTask,
  TagResource: tagResource,
  UntagResource: untagResource,
}
