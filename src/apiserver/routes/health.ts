import type { HealthCheck } from '../ports.ts'
import { type ApiRequest, type ApiResponse, textResponse } from '../request.ts'

/** `ok`, or with `?verbose` (and whenever something fails) one line a check, as kube-apiserver writes them. */
export function healthResponse(
  path: string,
  checks: readonly HealthCheck[],
  request: ApiRequest,
): ApiResponse {
  const excluded = request.query.getAll('exclude')
  const counted = checks.filter(({ name }) => !excluded.includes(name))
  const isOk = counted.every(({ ok }) => ok)
  if (isOk && !request.query.has('verbose')) return textResponse(200, 'ok')
  const lines = counted.map(({ name, ok, message }) => {
    const reason = message === undefined ? '' : `: ${message}`
    return ok ? `[+]${name} ok` : `[-]${name} failed${reason}`
  })
  const verdict = `${path.slice(1)} check ${isOk ? 'passed' : 'failed'}`
  return textResponse(isOk ? 200 : 500, `${[...lines, verdict].join('\n')}\n`)
}
