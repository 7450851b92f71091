/** A member of a template: names and list positions, for example `['sidecars', 0, 'image']`. */
export type TemplatePath = readonly (string | number)[]

/** Something about a resolved template that a person has to know. Errors keep the run from starting. */
export interface TemplateProblem {
  readonly severity: 'Error' | 'Warning'
  /** Where it is written, as far as that can be told; the caller finds line and column. */
  readonly path: TemplatePath
  /** Names the setting, its value and the way out. Never holds a value of env. */
  readonly message: string
}

export function templateError(path: TemplatePath, message: string): TemplateProblem {
  return { severity: 'Error', path, message }
}

export function templateWarning(path: TemplatePath, message: string): TemplateProblem {
  return { severity: 'Warning', path, message }
}

export function hasErrors(problems: readonly TemplateProblem[]): boolean {
  return problems.some((problem) => problem.severity === 'Error')
}

/** `sidecars[0].image`: the text form of a path. */
export function renderTemplatePath(path: TemplatePath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}
