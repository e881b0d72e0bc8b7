import type { IncomingMessage, ServerResponse } from 'node:http'

export interface ProbeState {
  /** False where only a restart can help. */
  readonly live: boolean
  /** Why it is not ready; undefined where it is. */
  readonly notReady: string | undefined
}

function answer(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(text)
}

/** Answers `/healthz` and `/readyz`: 200 `ok`, or 500 with the reason, as the kubelet's probes take it. */
export function probeHandler(state: () => ProbeState) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { live, notReady } = state()
    const path = (request.url ?? '/').split('?', 1)[0]
    if (path === '/healthz') answer(response, live ? 200 : 500, live ? 'ok\n' : 'not live\n')
    else if (path !== '/readyz') answer(response, 404, 'there are /healthz and /readyz\n')
    else if (notReady === undefined) answer(response, 200, 'ok\n')
    else answer(response, 500, `not ready: ${notReady}\n`)
  }
}
