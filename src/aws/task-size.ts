/** CPU units of a task: `1024`, or as people write it `1 vCPU`. Undefined when it is no size. */
export function parseTaskCpu(text: string | number | undefined): number | undefined {
  return parseSize(text, /^(\d*\.?\d+)\s*vcpu$/i)
}

/** MiB of a task: `2048`, or as people write it `2 GB`. Undefined when it is no size. */
export function parseTaskMemory(text: string | number | undefined): number | undefined {
  return parseSize(text, /^(\d*\.?\d+)\s*gb$/i)
}

/** ECS normalises both units by 1024 on the way in. */
function parseSize(text: string | number | undefined, inUnits: RegExp): number | undefined {
  if (text === undefined) return undefined
  const trimmed = String(text).trim()
  if (/^\d+$/.test(trimmed)) return Number(trimmed)
  const units = inUnits.exec(trimmed)?.[1]
  return units === undefined ? undefined : Math.round(Number(units) * 1024)
}
