import { isIPv4, isIPv6 } from 'node:net'

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/
const DURATION = /^([+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w))+$/
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'

/** String formats that the API server checks; others are taken as they come. */
const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': text => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)),
  date: text => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)),
  duration: text => DURATION.test(text.replaceAll(' ', '')) || text === '0',
  byte: text => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text),
  uuid: text => UUID.test(text),
  uuid3: text => UUID.test(text),
  uuid4: text => UUID.test(text),
  uuid5: text => UUID.test(text),
  ipv4: text => isIPv4(text),
  ipv6: text => isIPv6(text),
  cidr: text => {
    const [address = '', bits = '', extra] = text.split('/')
    const limit = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1
    return extra === undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= limit
  },
  mac: text => /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text),
  hostname: text => text.length <= 253 && /^[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?$/.test(text),
  email: text => /^[^\s@<>]+@[^\s@<>]+$/.test(text),
  uri: text => /^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text),
  hexcolor: text => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text),
  'k8s-short-name': text => text.length <= 63 && new RegExp(`^${LABEL}$`).test(text),
  'k8s-long-name': text => text.length <= 253 && new RegExp(`^${LABEL}(\\.${LABEL})*$`).test(text),
}

/** Whether a string has a format; true for formats that nobody checks. */
export function hasFormat(format: string, text: string): boolean {
  return (Object.hasOwn(formats, format) ? formats[format] : undefined)?.(text) ?? true
}
