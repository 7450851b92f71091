import { describe, expect, test } from 'vitest'
import { FARGATE_DEFINITION } from '../../../test/world/emulated.ts'
import { definitionProblem } from './task-definition-rules.ts'
import type { DefinitionInput } from './task-definition-shape.ts'

const main = { name: 'main', image: 'image' }
const EC2: DefinitionInput = { family: 'job', containerDefinitions: [{ ...main, memory: 64 }] }

function containers(
  ...definitions: NonNullable<DefinitionInput['containerDefinitions']>
): DefinitionInput {
  return { ...FARGATE_DEFINITION, containerDefinitions: definitions }
}

describe('definitions that ECS takes', () => {
  test.each<{ name: string; definition: DefinitionInput }>([
    { name: 'Fargate', definition: FARGATE_DEFINITION },
    { name: 'EC2 with memory of the container', definition: EC2 },
    {
      name: 'EC2 with a reservation only',
      definition: { family: 'job', containerDefinitions: [{ ...main, memoryReservation: 64 }] },
    },
    {
      name: 'sizes with units',
      definition: { ...FARGATE_DEFINITION, cpu: '1 vCPU', memory: '2GB' },
    },
    {
      name: 'the largest size',
      definition: { ...FARGATE_DEFINITION, cpu: '32768', memory: '244 GB' },
    },
    {
      name: 'a dependency on a container that may end',
      definition: containers(
        { ...main, dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] },
        { name: 'init', image: 'image', essential: false },
      ),
    },
  ])('$name', ({ definition }) => expect(definitionProblem(definition)).toBeUndefined())
})

describe('definitions that ECS refuses', () => {
  test.each<{ definition: DefinitionInput; message: string }>([
    { definition: { ...EC2, family: '' }, message: 'Family should not be null or empty.' },
    {
      definition: { ...EC2, family: 'bad family!' },
      message: 'Family contains invalid characters',
    },
    { definition: { ...EC2, family: 'f'.repeat(256) }, message: 'Family contains invalid' },
    {
      definition: { ...EC2, containerDefinitions: [] },
      message: 'Container list cannot be empty.',
    },
    {
      definition: containers(...Array.from({ length: 11 }, () => main)),
      message: 'at most 10 containers',
    },
    {
      definition: containers({ image: 'i' }),
      message: 'Container.name should not be null or empty.',
    },
    {
      definition: containers({ name: 'm' }),
      message: 'Container.image should not be null or empty.',
    },
    { definition: containers(main, main), message: 'Container names should be unique.' },
    {
      definition: containers({ ...main, essential: false }),
      message: 'at least one essential container',
    },
    {
      definition: containers({ ...main, healthCheck: { interval: 4 } }),
      message: 'healthCheck interval must be between 5 and 300.',
    },
    {
      definition: containers({
        ...main,
        dependsOn: [{ containerName: 'other', condition: 'START' }],
      }),
      message: "depends on unknown 'other'",
    },
    {
      definition: containers(
        { ...main, dependsOn: [{ containerName: 'init', condition: 'COMPLETE' }] },
        { name: 'init', image: 'image' },
      ),
      message: "cannot be essential and 'COMPLETE'",
    },
    { definition: { ...EC2, networkMode: 'bridged' }, message: "Invalid network mode 'bridged'." },
    {
      definition: { ...EC2, requiresCompatibilities: ['LAMBDA'] },
      message: 'Invalid requiresCompatibilities: LAMBDA',
    },
    { definition: { ...EC2, cpu: 'much' }, message: "Invalid 'cpu' setting for task." },
    { definition: { ...EC2, memory: 'much' }, message: "Invalid 'memory' setting for task." },
    {
      definition: { ...FARGATE_DEFINITION, networkMode: 'host' },
      message: "Fargate only supports network mode 'awsvpc'.",
    },
    {
      definition: { ...EC2, networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'] },
      message: "Fargate requires that 'cpu' be defined at the task level.",
    },
    {
      definition: {
        ...EC2,
        networkMode: 'awsvpc',
        cpu: '256',
        requiresCompatibilities: ['FARGATE'],
      },
      message: "Fargate requires that 'memory' be defined at the task level.",
    },
    {
      definition: { ...FARGATE_DEFINITION, cpu: '257' },
      message: "Invalid 'cpu' setting for task.",
    },
    {
      definition: { ...FARGATE_DEFINITION, memory: '4096' },
      message: 'No Fargate configuration exists for given values.',
    },
    {
      definition: { ...FARGATE_DEFINITION, ephemeralStorage: { sizeInGiB: 20 } },
      message: 'between 21 and 200 GiB',
    },
    { definition: containers({ ...main, stopTimeout: 121 }), message: 'at most 120 seconds' },
    {
      definition: { family: 'job', containerDefinitions: [main] },
      message:
        "Invalid setting for container 'main'. At least one of 'memory' or 'memoryReservation' must be specified.",
    },
    {
      definition: containers({ ...main, command: ['x'.repeat(64 * 1024)] }),
      message: 'exceeds the maximum of 65536 bytes',
    },
  ])('$message', ({ definition, message }) => {
    expect(definitionProblem(definition)?.message).toContain(message)
  })
})
