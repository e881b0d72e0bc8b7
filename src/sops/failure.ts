/** A file cannot be decrypted: for lack of a key, or for what is in it. The message never holds a value of the file. */
export class SopsError extends Error {
  override readonly name = 'SopsError'
  readonly kind: 'missing-key' | 'broken'

  constructor(message: string, kind: 'missing-key' | 'broken' = 'broken') {
    super(message)
    this.kind = kind
  }
}
