import { displayWidth, padCells } from './display-width.ts'

/** kubectl's tabwriter settings: three spaces between columns, none narrower than six cells. */
const GAP = 3
const MIN_COLUMN_WIDTH = 6

export interface PrintedTable {
  readonly text: string
  /** Widths of the columns, gap included: hand them to the next call and a watch stays aligned. */
  readonly widths: readonly number[]
}

/**
 * Rows as kubectl prints them: no borders, the last column not padded. Line breaks inside a cell would
 * tear the table apart, so they are shown as spaces.
 */
export function printTable(
  rows: readonly (readonly string[])[],
  previousWidths: readonly number[] = [],
): PrintedTable {
  const cells = rows.map((row) => row.map((cell) => cell.replace(/\s*[\r\n]+\s*/g, ' ')))
  const count = Math.max(0, ...cells.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(
      MIN_COLUMN_WIDTH,
      previousWidths[column] ?? 0,
      ...cells.map((row) => displayWidth(row[column] ?? '') + GAP),
    ),
  )
  const lines = cells.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : padCells(cell, widths[column] ?? 0),
      )
      .join(''),
  )
  return { text: lines.map((line) => `${line}\n`).join(''), widths }
}
