import type { RequestEvent } from '../../kube/client-types.ts'
import type { Family } from './format.ts'
import { createCounter } from './instruments.ts'

const METHODS: Readonly<Record<RequestEvent['verb'], string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  log: 'GET',
  discovery: 'GET',
  raw: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  apply: 'PATCH',
  delete: 'DELETE',
}

function resourceOf({ group, resource, subresource }: RequestEvent): string {
  const name = group === '' ? resource : `${resource}.${group}`
  return subresource === '' ? name : `${name}/${subresource}`
}

/** Counts requests to API servers: as client-go does, and by verb and resource. */
export function countRequests(): { count(host: string, event: RequestEvent): void; families(): readonly Family[] } {
  const rest = createCounter(
    'rest_client_requests_total',
    'Requests to API servers by status code, method and host; code <error> where no answer came.',
  )
  const own = createCounter(
    'lockstep_api_requests_total',
    'Requests to API servers by verb, resource and status code; dry runs have dry_run="true".',
  )
  return {
    count(host, event) {
      const { code, dryRun, verb } = event
      const status = code === 0 ? '<error>' : String(code)
      rest.add({ code: status, host, method: METHODS[verb] })
      own.add({ verb, resource: resourceOf(event), code: status, dry_run: String(dryRun) })
    },
    families: () => [rest.family(), own.family()],
  }
}
