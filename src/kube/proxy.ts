import { BlockList, isIP } from 'node:net'

/**
 * The proxy for a server from HTTPS_PROXY, HTTP_PROXY and NO_PROXY (either case), by the rules that Go programs follow:
 * NO_PROXY lists hosts, domains (`.example.com` or `example.com` with everything below), addresses, address ranges and `*`,
 * each with an optional port. Loopback never goes through a proxy.
 */
export function proxyFromEnvironment(server: string, env: NodeJS.ProcessEnv): string | undefined {
  const url = new URL(server)
  const secure = url.protocol === 'https:'
  const proxy = secure ? (env['HTTPS_PROXY'] ?? env['https_proxy']) : (env['HTTP_PROXY'] ?? env['http_proxy'])
  if (proxy === undefined || proxy === '') return undefined
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) return undefined
  const port = url.port || (secure ? '443' : '80')
  const excluded = (env['NO_PROXY'] ?? env['no_proxy'] ?? '')
    .split(',')
    .map(entry => entry.trim().toLowerCase())
    .filter(entry => entry !== '')
    .some(entry => excludes(entry, host, port))
  return excluded ? undefined : proxy.includes('://') ? proxy : `http://${proxy}`
}

function excludes(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return inRange(entry, host)
  const split = isIP(entry) === 0 ? /^\[?(.+?)\]?:(\d+)$/.exec(entry) : null
  if (split !== null && split[2] !== port) return false
  const name = (split?.[1] ?? entry).replace(/^\*(?=\.)/, '')
  if (isIP(host) !== 0) return name === host
  return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`)
}

function inRange(range: string, host: string): boolean {
  const family = isIP(host)
  const [address = '', bits = ''] = range.split('/')
  if (family === 0 || isIP(address) !== family || !/^\d{1,3}$/.test(bits)) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  if (Number(bits) > (family === 4 ? 32 : 128)) return false
  const list = new BlockList()
  list.addSubnet(address, Number(bits), type)
  return list.check(host, type)
}
