import { SopsError } from './failure.ts'

/**
 * Puts a secret together from its parts (Shamir's sharing over GF(2^8) with the polynomial of AES): each is the value of every
 * byte's polynomial at one place, and the place as its last byte. Throws a `SopsError` where the parts do not fit together.
 */
export function combineShares(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts[0]?.length ?? 0
  const places = parts.map(part => part.at(-1) ?? 0)
  const fit = length >= 2 && parts.every(part => part.length === length) && new Set(places).size === parts.length
  if (!fit || places.includes(0)) throw new SopsError('the parts of the data key do not fit together')
  // The value at zero of the polynomial through all points, by Lagrange; subtraction is addition here.
  const weights = places.map(place =>
    places.reduce((weight, other) => (other === place ? weight : multiply(weight, divide(other, other ^ place))), 1),
  )
  return Uint8Array.from({ length: length - 1 }, (_, index) =>
    parts.reduce((sum, part, each) => sum ^ multiply(part[index] ?? 0, weights[each] ?? 0), 0),
  )
}

function multiply(a: number, b: number): number {
  let product = 0
  for (let left = a, right = b; right > 0; right >>= 1) {
    if (right & 1) product ^= left
    left = (left << 1) ^ (left & 0x80 ? 0x11b : 0)
  }
  return product
}

function divide(a: number, b: number): number {
  // b^254 is the inverse of b.
  let inverse = b
  for (let i = 0; i < 6; i++) inverse = multiply(multiply(inverse, inverse), b)
  return multiply(a, multiply(inverse, inverse))
}
