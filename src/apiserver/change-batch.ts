import type { Change } from '../store/types.ts'
import type { ResourceReader, WatchItem } from './resource.ts'

/**
 * The changes of one commit on their way to all watchers. What a change means for a resource, and how
 * that reads as a frame, is worked out once however many watchers are told; the memory goes with the
 * batch.
 */
export class ChangeBatch {
  readonly #changes: readonly Change[]
  readonly #items = new Map<ResourceReader, readonly WatchItem[]>()
  readonly #frames = new Map<WatchItem, Map<string, string>>()

  constructor(changes: readonly Change[]) {
    this.#changes = changes
  }

  itemsOf(reader: ResourceReader): readonly WatchItem[] {
    const known = this.#items.get(reader)
    if (known) return known
    const items = this.#changes.flatMap((change) => reader.toWatchItems(change))
    this.#items.set(reader, items)
    return items
  }

  /** The text of an item in one variant (type, representation); `render` runs for the first watcher. */
  frame(item: WatchItem, variant: string, render: () => string): string {
    const frames = this.#frames.get(item) ?? new Map<string, string>()
    this.#frames.set(item, frames)
    const known = frames.get(variant)
    if (known !== undefined) return known
    const text = render()
    frames.set(variant, text)
    return text
  }
}
