/** The template language of `-o jsonpath=…`: text with `{…}` in it (kubernetes.io, "JSONPath Support"). */
export type TemplateNode =
  | { readonly type: 'Text'; readonly text: string }
  | { readonly type: 'Values'; readonly path: Path }
  | { readonly type: 'Range'; readonly path: Path; readonly body: readonly TemplateNode[] }

export interface Path {
  /** `$` starts at the whole document; `@` and nothing at all start at the current value. */
  readonly from: 'Root' | 'Current'
  readonly steps: readonly Step[]
}

export type Step =
  | { readonly type: 'Field'; readonly name: string }
  | { readonly type: 'Wildcard' }
  /** `..`: the value itself and everything below it. */
  | { readonly type: 'Descend' }
  | { readonly type: 'Union'; readonly members: readonly (string | number)[] }
  | {
      readonly type: 'Slice'
      readonly start: number | undefined
      readonly end: number | undefined
      readonly stride: number | undefined
    }
  | { readonly type: 'Filter'; readonly condition: Condition }

export interface Condition {
  readonly left: Operand
  /** Without an operator the condition asks whether the path has a value. */
  readonly comparison?: { readonly operator: Operator; readonly right: Operand }
}

export type Operand =
  | { readonly type: 'Path'; readonly path: Path }
  | { readonly type: 'Literal'; readonly value: string | number | boolean }

/** Longer ones first, so that `<=` is not read as `<`. */
export const OPERATORS = ['==', '!=', '<=', '>=', '<', '>'] as const
export type Operator = (typeof OPERATORS)[number]
