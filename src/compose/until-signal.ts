/** Aborts on the first SIGINT or SIGTERM. A second one ends the process at once: someone is impatient. */
export function untilSignal(): AbortSignal {
  const controller = new AbortController()
  let asked = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(EXIT_CODES[signal] ?? 1)
    asked = true
    controller.abort(new Error(`received ${signal}`))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return controller.signal
}

/** What a shell reports of a process that a signal ended. */
const EXIT_CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGINT: 130, SIGTERM: 143 }
