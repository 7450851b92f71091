import { styleText } from 'node:util'

/** One output stream, with what is known about who reads it. */
export interface Terminal {
  write(text: string | Uint8Array): void
  /** Resolves when the reader has caught up, so that long outputs do not pile up in memory. */
  drained(): Promise<void>
  readonly isTTY: boolean
  /** Whether escape sequences for colour are welcome: a terminal, and no NO_COLOR. */
  readonly colour: boolean
}

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'gray' | 'bold'

/** The text in the colour, or as it is where colours are not welcome. */
export function paint(colour: Colour, text: string, enabled: boolean): string {
  return enabled ? styleText(colour, text, { validateStream: false }) : text
}

/** Passes a body on as it comes, no faster than it is read. */
export async function copyTo(terminal: Terminal, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) {
    terminal.write(chunk)
    await terminal.drained()
  }
}
