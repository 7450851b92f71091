import { displayWidth, padCells } from './display-width.ts'

/**
 * Go's text/tabwriter, as `kubectl describe` uses it: tab-terminated cells of neighbouring lines form
 * a column, which ends at the first line without a cell there. So every nested block of `Name:\tvalue`
 * lines is aligned for itself.
 */
export function alignTabs(text: string, gap = 2): string {
  const lines = text.split('\n').map((line) => line.split('\t'))
  const widths: number[][] = lines.map(() => [])
  for (let column = 0, isDone = false; !isDone; column++) {
    isDone = true
    for (let first = 0; first < lines.length; first++) {
      const end = endOfBlock(lines, first, column)
      if (end === first) continue
      isDone = false
      const width = Math.max(
        ...lines.slice(first, end).map((line) => displayWidth(line[column] ?? '')),
      )
      for (let index = first; index < end; index++) widths[index]?.push(width + gap)
      first = end - 1
    }
  }
  return lines.map((line, index) => renderLine(line, widths[index] ?? [])).join('\n')
}

/** The line after the last one of the block that starts at `first`; `first` itself when there is no block. */
function endOfBlock(lines: readonly (readonly string[])[], first: number, column: number): number {
  let end = first
  while ((lines[end]?.length ?? 0) > column + 1) end++
  return end
}

function renderLine(cells: readonly string[], widths: readonly number[]): string {
  return cells.map((cell, column) => padCells(cell, widths[column] ?? 0)).join('')
}
