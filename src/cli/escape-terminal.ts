/** Starts of escape sequences (ESC, and CSI in one character), and the return that overwrites a line. */
// oxlint-disable-next-line no-control-regex -- the control characters are what it looks for
const CONTROLS = /[\u001b\u009b\r]/g

/** Text from the server as a terminal may show it: it moves no cursor and sets no colours (as kubectl does). */
export function escapeTerminal(text: string): string {
  return text.replace(CONTROLS, (control) => (control === '\r' ? '\\r' : '^['))
}
