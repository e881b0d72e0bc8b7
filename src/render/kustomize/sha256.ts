/** SHA-256 of a text. The module is looked up when first needed: importing it takes time that most small builds need not spend. */
export function sha256(text: string, encoding: 'hex' | 'base64'): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest(encoding)
}
