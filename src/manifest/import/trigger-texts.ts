import { ACTION_ROOTS } from '../../kinds/automation-template.ts'
import { hasPlaceholder, type PathStep, type Placeholder } from '../../kinds/placeholder.ts'
import { isJsonObject, type Json } from '../../lib/json.ts'
import { type Translation, type Translator, translateTexts } from './placeholders.ts'
import type { Reporter } from './report.ts'
import { asList, asMap, asText, members } from './values.ts'

type SourcePath = readonly PathStep[]

/** Prefect marks texts that are rendered when an automation fires: `{__prefect_kind: jinja, template: ...}`. */
const KIND = '__prefect_kind'

/**
 * Triggers of a deployment in Capstan's words. As in Prefect, placeholders are filled in while deploying,
 * but those of `parameters` when the trigger fires.
 */
export function translateTriggers(
  source: Json | undefined,
  path: SourcePath,
  translator: Translator,
): Json {
  return asList(source).map((trigger, index): Json => {
    if (!isJsonObject(trigger)) return trigger
    const { parameters, ...rest } = trigger
    const at = [...path, index]
    const translated = asMap(translateTexts(rest, at, translator))
    if (parameters === undefined) return translated
    const texts = translateFiring(parameters, [...at, 'parameters'], translator.report)
    return { ...translated, ...(texts !== undefined && { parameters: texts }) }
  })
}

/** Values that are rendered when something fires. */
export function translateFiring(value: Json, path: SourcePath, report: Reporter): Json | undefined {
  if (Array.isArray(value)) {
    return asList(value).flatMap((item, index): readonly Json[] => {
      const translated = translateFiring(item, [...path, index], report)
      return translated === undefined ? [] : [translated]
    })
  }
  if (!isJsonObject(value)) return translateFiringText(value, path, report)
  if (asText(value[KIND]) !== undefined) return fromKind(value, path, report)
  return Object.fromEntries(
    members(value).flatMap(([key, item]): readonly [string, Json][] => {
      const translated = translateFiring(item, [...path, key], report)
      return translated === undefined ? [] : [[key, translated]]
    }),
  )
}

function fromKind(
  value: Readonly<Record<string, Json | undefined>>,
  path: SourcePath,
  report: Reporter,
): Json | undefined {
  const template = asText(value['template'])
  if (value[KIND] === 'jinja' && template !== undefined) {
    return translateFiringText(template, [...path, 'template'], report)
  }
  const reason = "of Prefect's marked values only texts in Jinja are known here"
  report.lost({ path, value }, reason, 'Write the value')
  return undefined
}

function translateFiringText(value: Json, path: SourcePath, report: Reporter): Json | undefined {
  if (typeof value !== 'string') return value
  if (hasMoreThanNames(value)) {
    const reason = 'filters, conditions and loops of Jinja are not known here'
    report.lost({ path, value }, reason, 'Write a placeholder such as {{ run.name }}')
    return undefined
  }
  return translateTexts(value, path, { report, translate: translateFiringPlaceholder })
}

function hasMoreThanNames(text: string): boolean {
  return /\{%/.test(text) || (/\{\{.*\}\}/s.test(text) && !hasPlaceholder(text))
}

/** What Prefect calls otherwise, by the beginning of its path. */
const RENAMED: readonly (readonly [prefect: string, own: string])[] = [
  ['event.event', 'event.name'],
  ['flow_run.id', 'run.uid'],
  ['flow_run', 'run'],
  ['flow.name', 'deployment.name'],
]

function translateFiringPlaceholder({ text, path }: Placeholder): Translation {
  const renamed = RENAMED.find(([prefect]) => text === prefect || text.startsWith(`${prefect}.`))
  if (renamed) {
    const [prefect, own] = renamed
    return { type: 'Placeholder', text: `${own}${text.slice(prefect.length)}` }
  }
  const root = ACTION_ROOTS.find((known) => known === path[0])
  if (root !== undefined && root !== 'secrets') return { type: 'Placeholder', text }
  return {
    type: 'Gone',
    reason: 'nothing of this name is known when a trigger fires',
    action: 'Use event, resource, run, deployment, automation or firing (docs/automations.md)',
  }
}
