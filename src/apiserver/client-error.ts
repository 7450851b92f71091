import type { Duplex } from 'node:stream'

interface Refusal {
  readonly code: number
  readonly phrase: string
  readonly reason: string
  readonly message: string
}

const BAD_REQUEST: Refusal = {
  code: 400,
  phrase: 'Bad Request',
  reason: 'BadRequest',
  message: 'the request cannot be read as HTTP',
}

/** What node's parser complains about, by the code of its error. Everything else is a bad request. */
const REFUSALS: Readonly<Partial<Record<string, Refusal>>> = {
  HPE_HEADER_OVERFLOW: {
    code: 431,
    phrase: 'Request Header Fields Too Large',
    reason: 'BadRequest',
    message: 'request line and headers are too large',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 408,
    phrase: 'Request Timeout',
    reason: 'Timeout',
    message: 'the request took too long to arrive',
  },
}

/**
 * Answers bytes that are not a request with a Status, and ends the connection. Not while an answer is under way,
 * which it would be written into, and not before TLS has begun.
 */
export function refuseClient(error: Error, socket: Duplex, isAnswering: boolean): void {
  const code = 'code' in error ? String(error.code) : ''
  const isAboutHttp = code.startsWith('HPE_') || code.startsWith('ERR_HTTP_')
  if (!isAboutHttp || isAnswering || !socket.writable) {
    socket.destroy()
    return
  }
  socket.end(renderRefusal(REFUSALS[code] ?? BAD_REQUEST), () => socket.destroy())
}

function renderRefusal({ code, phrase, reason, message }: Refusal): string {
  const body = JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  })
  const head = [
    `HTTP/1.1 ${code} ${phrase}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
