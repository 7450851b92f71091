import { describe, expect, test } from 'vitest'
import { aDriverContainer, aDriverTask } from '../../../../test/world/driver-task.ts'
import type { JsonObject } from '../../../lib/json.ts'
import type { DriverContainer, DriverTask } from '../driver.ts'
import { ownVolumes, toCreateBody } from './create-body.ts'

const container = aDriverContainer()
const task = aDriverTask({ id: 'abc', networkMode: 'bridge', containers: [container] })

function body(own: Partial<DriverContainer>, ofTask: Partial<DriverTask> = {}): JsonObject {
  return toCreateBody({ ...task, ...ofTask }, { ...container, ...own }, 'host-1')
}

const MIB = 1024 * 1024

describe('what the engine is asked to create', () => {
  test('of a container with nothing but an image: everything else is the image’s', () => {
    expect(body({})).toEqual({
      Image: 'registry.example/app:1',
      Env: [],
      Labels: {
        'ecs-emulator.host': 'host-1',
        'com.amazonaws.ecs.task-arn': task.arn,
        'com.amazonaws.ecs.container-name': 'main',
        'com.amazonaws.ecs.task-definition-family': 'f',
      },
      Healthcheck: { Test: ['NONE'] },
      HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '64m' } } },
    })
  })

  test.each<[string, Partial<DriverContainer>, JsonObject]>([
    ['a command', { command: ['a', 'b'] }, { Cmd: ['a', 'b'] }],
    [
      'an entry point and its words',
      { command: ['e', 'f', 'a'], entryPoint: ['e', 'f'] },
      { Entrypoint: ['e', 'f'], Cmd: ['a'] },
    ],
    ['an entry point alone', { command: ['e'], entryPoint: ['e'] }, { Entrypoint: ['e'] }],
    ['environment', { environment: { A: '1', B: 'x=y', C: '' } }, { Env: ['A=1', 'B=x=y', 'C='] }],
    ['a working directory', { workingDirectory: '/app' }, { WorkingDir: '/app' }],
    ['a user', { definition: { user: '1000:1000' } }, { User: '1000:1000' }],
    ['a host name', { definition: { hostname: 'h' } }, { Hostname: 'h' }],
  ])('%s', (_, own, expected) => {
    expect(body(own)).toMatchObject(expected)
  })

  test('labels of the definition cannot take the place of those that find the container again', () => {
    const dockerLabels = { a: 'b', 'ecs-emulator.host': 'forged' }
    expect(body({ definition: { dockerLabels } })['Labels']).toMatchObject({
      a: 'b',
      'ecs-emulator.host': 'host-1',
    })
  })

  test.each<[string, Partial<DriverContainer>, Partial<DriverTask>, JsonObject]>([
    [
      'memory is a hard limit, without swap',
      { limits: { memoryMiB: 512 } },
      {},
      { Memory: 512 * MIB, MemorySwap: 512 * MIB },
    ],
    [
      'swap that the definition allows',
      { limits: { memoryMiB: 512 }, definition: { linuxParameters: { maxSwap: 128 } } },
      {},
      { Memory: 512 * MIB, MemorySwap: 640 * MIB },
    ],
    [
      'a container without a limit has the task’s',
      { limits: { memoryReservationMiB: 64 } },
      { memoryMiB: 2048 },
      { Memory: 2048 * MIB, MemorySwap: 2048 * MIB, MemoryReservation: 64 * MIB },
    ],
    ['cpu is a share', { limits: { cpu: 256 } }, {}, { CpuShares: 256 }],
    ['not less than the engine takes', { limits: { cpu: 1 } }, {}, { CpuShares: 2 }],
    ['awsvpc: the machine’s network', {}, { networkMode: 'awsvpc' }, { NetworkMode: 'host' }],
    ['host', {}, { networkMode: 'host' }, { NetworkMode: 'host' }],
    ['none', {}, { networkMode: 'none' }, { NetworkMode: 'none' }],
    [
      'ports of a bridge',
      {
        definition: {
          portMappings: [
            { containerPort: 80, hostPort: 8080 },
            { containerPort: 53, protocol: 'udp' },
          ],
        },
      },
      {},
      { PortBindings: { '80/tcp': [{ HostPort: '8080' }], '53/udp': [{ HostPort: '' }] } },
    ],
    [
      'directories of the machine, and volumes of the task',
      {
        definition: {
          mountPoints: [
            { sourceVolume: 'data', containerPath: '/data', readOnly: true },
            { sourceVolume: 'scratch', containerPath: '/scratch' },
            { sourceVolume: 'unknown', containerPath: '/nowhere' },
          ],
        },
      },
      { volumes: [{ name: 'data', host: { sourcePath: '/srv/data' } }, { name: 'scratch' }] },
      { Binds: ['/srv/data:/data:ro', 'ecs-abc-scratch:/scratch'] },
    ],
    [
      'limits of zero stay',
      { definition: { ulimits: [{ name: 'core', softLimit: 0, hardLimit: 0 }] } },
      {},
      { Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }] },
    ],
    [
      'linux parameters',
      {
        definition: {
          privileged: true,
          readonlyRootFilesystem: true,
          systemControls: [{ namespace: 'net.core.somaxconn', value: '1' }],
          linuxParameters: {
            initProcessEnabled: true,
            sharedMemorySize: 64,
            capabilities: { add: ['SYS_PTRACE'], drop: ['MKNOD'] },
            tmpfs: [{ containerPath: '/t', size: 8, mountOptions: ['noexec'] }],
          },
        },
      },
      {},
      {
        Privileged: true,
        ReadonlyRootfs: true,
        Sysctls: { 'net.core.somaxconn': '1' },
        Init: true,
        ShmSize: 64 * MIB,
        CapAdd: ['SYS_PTRACE'],
        CapDrop: ['MKNOD'],
        Tmpfs: { '/t': 'size=8m,noexec' },
      },
    ],
    [
      'names',
      {
        definition: {
          dnsServers: ['10.0.0.2'],
          dnsSearchDomains: ['x'],
          extraHosts: [{ hostname: 'db', ipAddress: '10.0.0.9' }],
          dockerSecurityOptions: ['no-new-privileges'],
        },
      },
      {},
      {
        Dns: ['10.0.0.2'],
        DnsSearch: ['x'],
        ExtraHosts: ['db:10.0.0.9'],
        SecurityOpt: ['no-new-privileges'],
      },
    ],
  ])('%s', (_, own, ofTask, expected) => {
    expect(body(own, ofTask)['HostConfig']).toMatchObject(expected)
  })

  test('with the network of the machine there are no ports to bind and no name of its own', () => {
    const definition = { hostname: 'h', portMappings: [{ containerPort: 80 }] }
    const created = body({ definition }, { networkMode: 'awsvpc' })
    expect(created).not.toHaveProperty('Hostname')
    expect(created).not.toHaveProperty('ExposedPorts')
    expect(created['HostConfig']).not.toHaveProperty('PortBindings')
  })

  test('volumes that are the task’s own go with it', () => {
    const volumes = [
      { name: 'data', host: { sourcePath: '/srv' } },
      { name: 'scratch' },
      { name: 'shared', efsVolumeConfiguration: { fileSystemId: 'fs-1' } },
    ]
    expect(ownVolumes({ ...task, volumes })).toEqual(['ecs-abc-scratch', 'ecs-abc-shared'])
  })
})
