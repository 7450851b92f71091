import { renderKey } from '../kinds/meta.ts'
import type { SourceObjectRow } from '../store/types.ts'
import { type DesiredObject, isGood, type ReadFile } from './desired.ts'
import { renderPlace } from './problem.ts'

/** Where an object is defined. */
export interface Place {
  /** Root of the folder. */
  readonly source: string
  readonly file: string
  readonly line?: number
}

/** For one object of one file: whether that file may speak for it. */
export type Claim =
  | { readonly type: 'Granted' }
  /** The object is someone else's: of another folder, or of a file that named it earlier. */
  | { readonly type: 'Refused'; readonly holder: Place }

export interface ClaimInput {
  readonly source: string
  /** Ordered by path. */
  readonly files: readonly ReadFile[]
  readonly gone: ReadonlySet<string>
  readonly owner: (object: DesiredObject) => SourceObjectRow | undefined
  /** Whether the controller follows that folder too; one that it no longer follows holds nothing. */
  readonly isFollowed: (source: string) => boolean
}

/**
 * Which file may speak for each object when several name it: its present owner, as long as that file still
 * names it or was not looked at; then the first by path, then by place in the file. A folder that was moved or
 * mounted elsewhere is another one by its name, and takes over what the former one owned.
 */
export function decideClaims(input: ClaimInput): ReadonlyMap<DesiredObject, Claim> {
  const good = input.files.filter(isGood)
  const released = new Set([...good.map((file) => file.path), ...input.gone])
  const winners = new Map<string, DesiredObject>()
  for (const object of good.flatMap((file) => file.objects)) {
    const key = renderKey(object)
    const winner = winners.get(key)
    if (!winner || (input.owner(object)?.path === object.file && winner.file !== object.file)) {
      winners.set(key, object)
    }
  }
  const claims = new Map<DesiredObject, Claim>()
  for (const object of good.flatMap((file) => file.objects)) {
    const owner = input.owner(object)
    claims.set(object, claimOf(object, { input, owner, released, winners }))
  }
  return claims
}

interface Contest {
  readonly input: ClaimInput
  readonly owner: SourceObjectRow | undefined
  readonly released: ReadonlySet<string>
  readonly winners: ReadonlyMap<string, DesiredObject>
}

function claimOf(object: DesiredObject, contest: Contest): Claim {
  const { input, owner, winners } = contest
  if (owner && isHeld(owner, contest)) {
    return { type: 'Refused', holder: { source: owner.source, file: owner.path } }
  }
  const winner = winners.get(renderKey(object))
  if (!winner || winner === object) return { type: 'Granted' }
  return {
    type: 'Refused',
    holder: { source: input.source, file: winner.file, line: winner.line },
  }
}

function isHeld({ source, path }: SourceObjectRow, { input, released }: Contest): boolean {
  return source === input.source ? !released.has(path) : input.isFollowed(source)
}

export function renderHolder(holder: Place): string {
  return renderPlace(holder.source, holder)
}
