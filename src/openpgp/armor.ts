/**
 * Every block of one kind in an armored text, decoded: `-----BEGIN <label>-----`, headers, base64, checksum. Readers of
 * OpenPGP take any `-----END …-----` for the end, readers of PEM (`SSH …`) only the one with the same label.
 */
export function dearmor(text: string, label: string): Buffer[] {
  const end = label.startsWith('PGP') ? '[A-Z ]+' : label
  const pattern = new RegExp(`-----BEGIN ${label}-----[ \\t]*\\r?\\n([\\s\\S]*?)-----END ${end}-----`, 'g')
  return Array.from(text.matchAll(pattern), match => decode(match[1] ?? '')).filter(block => block !== undefined)
}

/** Headers (`Version: …`) end at an empty line; the last line may be a checksum. Undefined where it does not hold or is no base64. */
function decode(body: string): Buffer | undefined {
  const lines = body.split(/\r?\n/).map(line => line.trim())
  const empty = lines.indexOf('')
  const data = lines.slice(lines.slice(0, Math.max(empty, 0)).some(line => line.includes(': ')) ? empty : 0)
  const base64 = data.filter(line => line !== '' && !line.startsWith('=')).join('')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return undefined
  const bytes = Buffer.from(base64, 'base64')
  const checksum = data.find(line => line.startsWith('='))?.slice(1)
  return checksum !== undefined && Buffer.from(checksum, 'base64').readUIntBE(0, 3) !== crc24(bytes) ? undefined : bytes
}

function crc24(bytes: Uint8Array): number {
  let crc = 0xb704ce
  for (const byte of bytes) {
    crc ^= byte << 16
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1
      if (crc & 0x1000000) crc ^= 0x1864cfb
    }
  }
  return crc & 0xffffff
}
