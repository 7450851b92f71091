/** Enough to hold the message of an error and the end of its trace. */
export const LAST_LINES = 20
/** Of all lines together: about as much as the rest of a status, which is read and sent again and again. */
const MAX_LAST_CHARACTERS = 8_192
/** One line of output in a log line or in a status. */
const MAX_LINE_CHARACTERS = 2_000

/** A line without its end; what is too long is cut, and says so. */
export function toLine(message: string): string {
  const line = message.replace(/[\r\n]+$/, '')
  if (line.length <= MAX_LINE_CHARACTERS) return line
  return `${line.slice(0, MAX_LINE_CHARACTERS)}… (${line.length - MAX_LINE_CHARACTERS} more characters)`
}

/** The last lines of an output that a status can carry: as many of the newest as fit. */
export function toLastLines(messages: readonly string[]): readonly string[] {
  let room = MAX_LAST_CHARACTERS
  const lines = messages.slice(-LAST_LINES).map(toLine).toReversed()
  const end = lines.findIndex((line) => {
    room -= line.length
    return room < 0
  })
  return (end < 0 ? lines : lines.slice(0, end)).toReversed()
}
