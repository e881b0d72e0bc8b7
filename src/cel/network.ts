import { isIPv4, isIPv6 } from 'node:net'
import type { Environment } from '@marcbachmann/cel-js'

class IpNamespace {}

/** An address as its 4 or 16 bytes. */
class IpValue {
  readonly bytes: readonly number[]

  constructor(bytes: readonly number[]) {
    this.bytes = bytes
  }

  toString(): string {
    if (this.bytes.length === 4) return this.bytes.join('.')
    const groups = Array.from({ length: 8 }, (_, index) =>
      ((this.bytes[index * 2]! << 8) | this.bytes[index * 2 + 1]!).toString(16),
    )
    return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
  }
}

class CidrValue {
  readonly address: IpValue
  readonly prefix: number

  constructor(address: IpValue, prefix: number) {
    this.address = address
    this.prefix = prefix
  }

  toString(): string {
    return `${this.address}/${this.prefix}`
  }
}

/** Kubernetes' functions for IP addresses and networks, after `pkg/cel/library/ip.go` and `cidr.go` of k8s.io/apiserver. */
export function registerNetwork(environment: Environment): void {
  registerAddresses(environment)
  registerNetworks(environment)
}

function registerAddresses(environment: Environment): void {
  const IP = 'kubernetes.IP'
  const first = ({ bytes }: IpValue) => bytes[0]!
  const isV4 = ({ bytes }: IpValue) => bytes.length === 4
  const isUnspecified = ({ bytes }: IpValue) => bytes.every(byte => byte === 0)
  const isLoopback = (ip: IpValue) =>
    isV4(ip) ? first(ip) === 127 : ip.bytes.every((byte, index) => byte === (index === 15 ? 1 : 0))
  const isMulticast = (ip: IpValue) => (isV4(ip) ? (first(ip) & 0xf0) === 0xe0 : first(ip) === 0xff)
  const isLinkLocalMulticast = (ip: IpValue) =>
    isV4(ip) ? ip.bytes.slice(0, 3).join('.') === '224.0.0' : first(ip) === 0xff && (ip.bytes[1]! & 0x0f) === 2
  const isLinkLocalUnicast = (ip: IpValue) =>
    isV4(ip) ? first(ip) === 169 && ip.bytes[1] === 254 : first(ip) === 0xfe && (ip.bytes[1]! & 0xc0) === 0x80
  const isGlobalUnicast = (ip: IpValue) =>
    !isUnspecified(ip) &&
    !isLoopback(ip) &&
    !isMulticast(ip) &&
    !isLinkLocalUnicast(ip) &&
    ip.toString() !== '255.255.255.255'
  environment
    .registerType(IP, IpValue)
    .registerType('IpNamespace', IpNamespace)
    .registerConstant('ip', 'IpNamespace', new IpNamespace())
    .registerFunction(`ip(string): ${IP}`, parseIp)
    .registerFunction('isIP(string): bool', (text: string) => succeeds(() => parseIp(text)))
    .registerFunction(
      'IpNamespace.isCanonical(string): bool',
      (_: unknown, text: string) => parseIp(text).toString() === text,
    )
    .registerFunction(`string(${IP}): string`, String)
    .registerFunction(`${IP}.family(): int`, (ip: IpValue) => (isV4(ip) ? 4n : 6n))
    .registerFunction(`${IP}.isUnspecified(): bool`, isUnspecified)
    .registerFunction(`${IP}.isLoopback(): bool`, isLoopback)
    .registerFunction(`${IP}.isLinkLocalMulticast(): bool`, isLinkLocalMulticast)
    .registerFunction(`${IP}.isLinkLocalUnicast(): bool`, isLinkLocalUnicast)
    .registerFunction(`${IP}.isGlobalUnicast(): bool`, isGlobalUnicast)
    .registerOperator(`${IP} == ${IP}: bool`, (a: IpValue, b: IpValue) => a.toString() === b.toString())
}

function registerNetworks(environment: Environment): void {
  const [IP, CIDR] = ['kubernetes.IP', 'kubernetes.CIDR']
  const containsIp = ({ address, prefix }: CidrValue, ip: IpValue) =>
    ip.bytes.length === address.bytes.length && masked(ip, prefix).toString() === masked(address, prefix).toString()
  const containsCidr = (outer: CidrValue, inner: CidrValue) =>
    inner.prefix >= outer.prefix && containsIp(outer, inner.address)
  environment
    .registerType(CIDR, CidrValue)
    .registerFunction(`cidr(string): ${CIDR}`, parseCidr)
    .registerFunction('isCIDR(string): bool', (text: string) => succeeds(() => parseCidr(text)))
    .registerFunction(`string(${CIDR}): string`, String)
    .registerFunction(`${CIDR}.containsIP(${IP}): bool`, containsIp)
    .registerFunction(`${CIDR}.containsIP(string): bool`, (cidr: CidrValue, text: string) =>
      containsIp(cidr, parseIp(text)),
    )
    .registerFunction(`${CIDR}.containsCIDR(${CIDR}): bool`, containsCidr)
    .registerFunction(`${CIDR}.containsCIDR(string): bool`, (cidr: CidrValue, text: string) =>
      containsCidr(cidr, parseCidr(text)),
    )
    .registerFunction(`${CIDR}.ip(): ${IP}`, ({ address }: CidrValue) => address)
    .registerFunction(`${CIDR}.prefixLength(): int`, ({ prefix }: CidrValue) => BigInt(prefix))
    .registerFunction(
      `${CIDR}.masked(): ${CIDR}`,
      ({ address, prefix }: CidrValue) => new CidrValue(masked(address, prefix), prefix),
    )
    .registerOperator(`${CIDR} == ${CIDR}: bool`, (a: CidrValue, b: CidrValue) => a.toString() === b.toString())
}

function succeeds(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}

/** The network part of an address. */
function masked({ bytes }: IpValue, prefix: number): IpValue {
  return new IpValue(
    bytes.map((byte, index) => byte & (0xff << (8 - Math.min(8, Math.max(0, prefix - index * 8)))) & 0xff),
  )
}

function parseIp(text: string): IpValue {
  if (text.includes('%')) throw new Error(`IP address ${JSON.stringify(text)} with zone value is not allowed`)
  const bytes = bytesOf(text)
  if (bytes === undefined)
    throw new Error(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`,
    )
  if (isMapped(bytes)) throw new Error(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
  return new IpValue(bytes)
}

function parseCidr(text: string): CidrValue {
  const [address = '', prefix = '', ...rest] = text.split('/')
  const bytes = bytesOf(address)
  const length = /^(0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : Number.NaN
  if (bytes === undefined || rest.length > 0 || !(length <= bytes.length * 8))
    throw new Error(
      `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): unable to parse`,
    )
  if (isMapped(bytes)) throw new Error(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
  return new CidrValue(new IpValue(bytes), length)
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.length === 16 && bytes.slice(0, 12).join('.') === '0.0.0.0.0.0.0.0.0.0.255.255'
}

function bytesOf(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number)
  if (!isIPv6(text)) return undefined
  const groups = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const [head = [], tail = []] = groups.map(part => (part === '' ? [] : part.split(':')))
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...(groups.length > 1 ? zeros : []), ...tail].flatMap(group => {
    const number = Number.parseInt(group, 16)
    return [number >> 8, number & 0xff]
  })
}
