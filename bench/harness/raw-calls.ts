import type { AwsAccounts, RunTaskBody } from '../../src/aws/ports.ts'

/** RunTask through the SDK and nothing else: what no controller in this process can be faster than. */
export async function rawCallsPerSecond(
  accounts: AwsAccounts,
  { calls, atOnce }: { readonly calls: number; readonly atOnce: number },
): Promise<{ readonly perSecond: number; readonly cpuMs: number }> {
  const { ecs, network } = accounts.account({})
  const { taskDefinitionArn } = await ecs.registerTaskDefinition({
    family: 'raw',
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'main', image: 'busybox', essential: true }],
  })
  const facts = await network.read(undefined)
  const subnets = facts.subnets.map(({ subnetId }) => subnetId)
  const body = {
    taskDefinition: taskDefinitionArn,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets } },
  } as RunTaskBody
  let left = calls
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await ecs.runTask(body)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  const { user, system } = process.cpuUsage(cpu)
  const perSecond = (calls / (performance.now() - startedMs)) * 1_000
  return { perSecond, cpuMs: (user + system) / 1_000 / calls }
}
