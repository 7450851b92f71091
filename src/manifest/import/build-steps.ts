import { hasPlaceholder, type Placeholder } from '../../kinds/placeholder.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import { type Translation, translateCommon } from './placeholders.ts'
import { asList, asMap, asText, members, toText } from './values.ts'

/** Outputs of steps that can be told from the file: id of the step and name of the output. */
export type StepOutputs = ReadonlyMap<string, string>

/**
 * What the build steps will give: `build_docker_image` of a literal image and tag gives `image`,
 * `image_name` and `tag`. Other steps only know when they have run.
 */
export function knownOutputs(steps: Json | undefined): StepOutputs {
  const outputs = new Map<string, string>()
  for (const [step, inputs] of asList(steps).flatMap(members)) {
    const id = asText(asMap(inputs)['id'])
    if (id === undefined || !step.endsWith('build_docker_image')) continue
    for (const [name, value] of members(imageOutputs(asMap(inputs)))) {
      outputs.set(`${id}.${name}`, toText(value))
    }
  }
  return outputs
}

function imageOutputs(inputs: JsonObject): JsonObject {
  const imageName = literal(inputs['image_name'])
  const tag = literal(inputs['tag'])
  return {
    ...(imageName !== undefined && { image_name: imageName }),
    ...(tag !== undefined && { tag }),
    ...(imageName !== undefined && tag !== undefined && { image: `${imageName}:${tag}` }),
  }
}

function literal(value: Json | undefined): string | undefined {
  const text = asText(value)
  return text === undefined || hasPlaceholder(text) ? undefined : text
}

/** Placeholders of prefect.yaml are filled in while deploying, so what is left has to be known here. */
export function translateStepOutput(
  outputs: StepOutputs,
): (placeholder: Placeholder) => Translation {
  return (placeholder) => {
    const common = translateCommon(placeholder)
    if (common) return common
    const known = outputs.get(placeholder.text)
    if (known !== undefined) return { type: 'Value', value: known }
    if (placeholder.path[0] === 'prefect') {
      const reason = 'variables of Prefect stay with Prefect'
      return {
        type: 'Gone',
        reason,
        action: 'Write the value, or make it a variable of the WorkPool',
      }
    }
    return {
      type: 'Gone',
      reason: 'Capstan runs no steps, so their outputs are not known',
      action: 'Write the value; for an image, the one that your build pushes',
    }
  }
}
