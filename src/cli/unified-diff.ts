/** Unchanged lines around a change, as `diff -u` shows them. */
const CONTEXT_LINES = 3

interface Edit {
  readonly type: 'Keep' | 'Remove' | 'Add'
  readonly line: string
}

/** What `diff -u` prints for two texts; empty when they are equal. */
export function unifiedDiff(
  before: { readonly label: string; readonly text: string },
  after: { readonly label: string; readonly text: string },
): string {
  if (before.text === after.text) return ''
  const edits = diffLines(splitLines(before.text), splitLines(after.text))
  const hunks = hunksOf(edits).map((hunk) => renderHunk(edits, hunk))
  return [`--- ${before.label}`, `+++ ${after.label}`, ...hunks, ''].join('\n')
}

function splitLines(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

/** A shortest edit script by the longest common subsequence, after equal ends are set aside. */
function diffLines(before: readonly string[], after: readonly string[]): readonly Edit[] {
  const most = Math.min(before.length, after.length)
  let head = 0
  while (head < most && before[head] === after[head]) head++
  let tail = 0
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  return [
    ...before.slice(0, head).map(keep),
    ...diffMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(keep),
  ]
}

/** Above this many cells the table is not worth its memory; everything is shown as replaced. */
const MAX_TABLE_CELLS = 25_000_000

function diffMiddle(before: readonly string[], after: readonly string[]): readonly Edit[] {
  if (before.length * after.length > MAX_TABLE_CELLS) {
    return [...before.map(remove), ...after.map(add)]
  }
  const lengths = commonLengths(before, after)
  const width = after.length + 1
  const edits: Edit[] = []
  let i = 0
  let j = 0
  while (i < before.length && j < after.length) {
    const down = lengths[(i + 1) * width + j] ?? 0
    const right = lengths[i * width + j + 1] ?? 0
    if (before[i] === after[j]) {
      edits.push(keep(before[i] ?? ''))
      i++
      j++
    } else if (down >= right) edits.push(remove(before[i++] ?? ''))
    else edits.push(add(after[j++] ?? ''))
  }
  return [...edits, ...before.slice(i).map(remove), ...after.slice(j).map(add)]
}

/** Cell (i, j): length of the longest common subsequence of the lines from i and from j on. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const diagonal = lengths[(i + 1) * width + j + 1] ?? 0
      const longer = Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0)
      lengths[i * width + j] = before[i] === after[j] ? diagonal + 1 : longer
    }
  }
  return lengths
}

function keep(line: string): Edit {
  return { type: 'Keep', line }
}

function remove(line: string): Edit {
  return { type: 'Remove', line }
}

function add(line: string): Edit {
  return { type: 'Add', line }
}

interface Hunk {
  readonly start: number
  readonly end: number
}

/** Stretches of edits with their context; those whose contexts touch are one. */
function hunksOf(edits: readonly Edit[]): readonly Hunk[] {
  const hunks: Hunk[] = []
  edits.forEach((edit, index) => {
    if (edit.type === 'Keep') return
    const start = Math.max(0, index - CONTEXT_LINES)
    const end = Math.min(edits.length, index + 1 + CONTEXT_LINES)
    const last = hunks.at(-1)
    if (last && start <= last.end) hunks[hunks.length - 1] = { start: last.start, end }
    else hunks.push({ start, end })
  })
  return hunks
}

const PREFIX: Readonly<Record<Edit['type'], string>> = { Keep: ' ', Remove: '-', Add: '+' }

function renderHunk(edits: readonly Edit[], { start, end }: Hunk): string {
  const before = edits.slice(0, start)
  const inside = edits.slice(start, end)
  const ranges = (['Remove', 'Add'] as const).map((type) => {
    const count = countLines(inside, type)
    const first = countLines(before, type) + (count === 0 ? 0 : 1)
    return count === 1 ? String(first) : `${first},${count}`
  })
  const lines = inside.map((edit) => PREFIX[edit.type] + edit.line)
  return [`@@ -${ranges[0]} +${ranges[1]} @@`, ...lines].join('\n')
}

/** Lines on one side: those that are kept, and those of its own. */
function countLines(edits: readonly Edit[], own: 'Remove' | 'Add'): number {
  return edits.filter((edit) => edit.type === 'Keep' || edit.type === own).length
}
