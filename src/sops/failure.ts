/** A file cannot be decrypted. The message never holds a value of the file. */
export class SopsError extends Error {
  override readonly name = 'SopsError'
}
