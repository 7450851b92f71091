import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import type {
  DeploymentSpec,
  JsonPatchOperation,
  RunSpec,
  TemplateSpec,
  WorkPoolSpec,
} from './generated.ts'
import { heartbeatConflict, heartbeatOfEnv } from './heartbeat.ts'
import {
  DEFAULT_TEMPLATE,
  type Level,
  type LeveledTemplate,
  mergeTemplates,
  type Sources,
} from './merge.ts'
import { parsePatches } from './patch-text.ts'
import type { PathStep } from './placeholder.ts'
import { renderTemplate, type TemplateContext } from './template.ts'
import { checkRules } from './template-rules.ts'
import { resolveValues, type ShapeIssue } from './values.ts'

/** A template after merging and rendering: no placeholders, and no null but in env, where it unsets. */
export type ResolvedTemplate = Omit<
  TemplateSpec,
  'unsetEnv' | 'taskDefinitionCustomizations' | 'taskCustomizations'
> & {
  readonly taskDefinitionCustomizations?: readonly JsonPatchOperation[]
  readonly taskCustomizations?: readonly JsonPatchOperation[]
}

export interface ResolveInput {
  readonly run: {
    readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string }
    readonly spec: RunSpec
  }
  readonly pool: { readonly name: string; readonly spec: WorkPoolSpec }
  readonly deployment?: { readonly name: string; readonly spec: DeploymentSpec }
  /** 1 for the first. */
  readonly attempt: number
}

/** Checks against schemas; passed in, so that this layer knows no validator. */
export interface ResolveChecks {
  /** Against the strict template schema: no null, no placeholders. */
  readonly template: (template: JsonObject) => readonly ShapeIssue[]
  /** Of parameters or variables against a schema that a user wrote. */
  readonly values: (schema: JsonObject, values: JsonObject) => readonly ShapeIssue[]
}

export interface ResolveProblem {
  readonly code: string
  /** Whose manifest is to be changed; Default stands for the one nearest to the run. */
  readonly level: Level
  /** From that object's spec down to the value at fault. */
  readonly path: readonly PathStep[]
  readonly message: string
}

export interface ResolvedRun {
  readonly template: ResolvedTemplate
  readonly parameters: JsonObject
  readonly variables: JsonObject
  readonly sources: Sources
}

export type ResolveResult =
  | { readonly ok: true; readonly resolved: ResolvedRun }
  | { readonly ok: false; readonly problems: readonly ResolveProblem[] }

/**
 * What a run comes to: its parameters and variables checked and filled up with defaults, the templates
 * of pool, deployment and run rendered and merged, and the result checked as a whole. Everything that
 * can be known without AWS is known after this.
 */
export function resolveRun(input: ResolveInput, checks: ResolveChecks): ResolveResult {
  const values = resolveValues(input, checks.values)
  const rendered = renderLevels(input, values.context)
  const early = [...values.problems, ...rendered.problems]
  if (early.length > 0) return { ok: false, problems: early }
  const merged = mergeTemplates(rendered.levels)
  const { template, issues } = fitTexts(merged.template, checks.template)
  if (issues.length > 0) {
    return { ok: false, problems: issues.map((issue) => atSource(issue, merged.sources)) }
  }
  const { parameters, variables } = values
  const { sources } = merged
  return finish({ template: template as ResolvedTemplate, parameters, variables, sources })
}

/**
 * Where text is needed and a placeholder gave a number or a boolean, its text is meant. Literals were
 * checked when they were written, so whatever has the wrong type here came from a placeholder.
 */
function fitTexts(
  template: JsonObject,
  check: ResolveChecks['template'],
): { readonly template: JsonObject; readonly issues: readonly ShapeIssue[] } {
  const issues = check(template)
  const texts = issues.filter(({ wantsText }) => wantsText)
  if (texts.length === 0) return { template, issues }
  const fitted = asObject(texts.reduce<Json>((value, { path }) => withText(value, path), template))
  return { template: fitted, issues: check(fitted) }
}

/** A copy in which the scalar at `path` is text. */
function withText(value: Json, [step, ...rest]: readonly PathStep[]): Json {
  if (step === undefined) return typeof value === 'object' ? value : String(value)
  if (Array.isArray(value)) {
    return value.map((item: Json, index) => (index === step ? withText(item, rest) : item))
  }
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === String(step) && item !== undefined ? withText(item, rest) : item,
    ]),
  )
}

interface RenderedLevels {
  readonly levels: readonly LeveledTemplate[]
  readonly problems: readonly ResolveProblem[]
}

/** Each level is rendered by itself, so that a placeholder without a value leaves what is inherited. */
function renderLevels(input: ResolveInput, context: TemplateContext): RenderedLevels {
  const written: readonly (readonly [Level, unknown])[] = [
    ['WorkPool', input.pool.spec.template],
    ['Deployment', input.deployment?.spec.template],
    ['Run', input.run.spec.template],
  ]
  const levels: LeveledTemplate[] = [{ level: 'Default', template: DEFAULT_TEMPLATE }]
  const problems: ResolveProblem[] = []
  for (const [level, template] of written) {
    if (!isJsonObject(template)) continue
    const { value, problems: found } = renderTemplate(parsePatches(template).template, context)
    const patches = parsePatches(asObject(value))
    levels.push({ level, template: patches.template })
    for (const problem of [...found, ...patches.problems]) {
      problems.push({ ...problem, level, path: ['template', ...problem.path] })
    }
  }
  return { levels, problems }
}

function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

/** A problem of the merged template belongs to the level that gave the value. */
function atSource({ path, message }: ShapeIssue, sources: Sources): ResolveProblem {
  const [field, key] = path
  const level = sources.get(`${field}.${key}`) ?? sources.get(String(field)) ?? 'Run'
  return { code: 'InvalidTemplate', level, path: ['template', ...path], message }
}

function finish(resolved: ResolvedRun): ResolveResult {
  const { template, sources } = resolved
  const problems: ResolveProblem[] = checkRules(template).map(({ code, field, message }) => {
    const level = sources.get(field) ?? 'Run'
    return { code, level, path: ['template', field], message }
  })
  const beat = heartbeatOfEnv(template.env)
  if (beat.type === 'Invalid') {
    const { name, message } = beat
    const level = sources.get(`env.${name}`) ?? 'Run'
    problems.push({ code: 'InvalidHeartbeat', level, path: ['template', 'env', name], message })
  }
  const conflict = heartbeatConflict(template.heartbeat, template.env)
  if (conflict !== undefined) {
    const level = sources.get('heartbeat') ?? 'Run'
    const path = ['template', 'heartbeat', 'frequencySeconds']
    problems.push({ code: 'InvalidHeartbeat', level, path, message: conflict })
  }
  if (problems.length > 0) return { ok: false, problems }
  if (beat.type !== 'On' || template.heartbeat) return { ok: true, resolved }
  const level = sources.get(`env.${beat.name}`) ?? 'Run'
  return {
    ok: true,
    resolved: {
      ...resolved,
      template: { ...template, heartbeat: beat.heartbeat },
      sources: new Map(sources).set('heartbeat', level),
    },
  }
}
