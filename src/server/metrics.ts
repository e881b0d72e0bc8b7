import type { IncomingMessage, ServerResponse } from 'node:http'
import { METRICS_TYPE } from '../engine/metrics/format.ts'

/** Answers `/metrics` with what `text` gives at that moment. */
export function metricsHandler(text: () => string) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '/').split('?', 1)[0]
    if (path !== '/metrics') return void response.writeHead(404).end('there is /metrics\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end()
    response.writeHead(200, { 'content-type': METRICS_TYPE }).end(text())
  }
}
