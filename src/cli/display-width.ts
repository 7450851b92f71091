/** Ranges of code points that terminals show two cells wide: East Asian Wide and Fullwidth, and emoji. */
const WIDE =
  /[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{33ff}\u{3400}-\u{4dbf}\u{4e00}-\u{9fff}\u{a000}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe4f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u

/** Marks that stand on the character before them, and escape sequences for colour: no cell at all. */
// oxlint-disable-next-line no-control-regex -- the escape character is what it looks for
const INVISIBLE = /\p{Mn}|\u200d|\ufe0f|\u001b\[[0-9;]*m/gu

/** How many terminal cells the text takes. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text.replace(INVISIBLE, '')) width += WIDE.test(character) ? 2 : 1
  return width
}

/** The text with spaces behind it, up to `width` cells. */
export function padCells(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}
