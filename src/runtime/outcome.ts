/** What a reconcile says about its key when it is done. There is no third answer. */
export type Outcome =
  | { readonly type: 'AwaitChange' }
  | { readonly type: 'RequeueAfter'; readonly delayMs: number }

/** Nothing to do until the object, or something that it depends on, changes. */
export function awaitChange(): Outcome {
  return { type: 'AwaitChange' }
}

/** Look again in `delayMs`, whatever happens before. */
export function requeueAfter(delayMs: number): Outcome {
  return { type: 'RequeueAfter', delayMs }
}

/** The earlier of two outcomes. */
export function soonest(a: Outcome, b: Outcome): Outcome {
  if (a.type === 'AwaitChange') return b
  if (b.type === 'AwaitChange') return a
  return a.delayMs <= b.delayMs ? a : b
}
