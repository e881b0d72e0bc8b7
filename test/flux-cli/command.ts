import { execFile } from 'node:child_process'

/** What a command line ended with. */
export interface Ended {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program on the cluster of a kubeconfig, in English and without colours. */
export function runOn(kubeconfig: string, file: string, args: readonly string[], cwd?: string): Promise<Ended> {
  const env = { ...process.env, KUBECONFIG: kubeconfig, NO_COLOR: '1' }
  return new Promise(resolve => {
    execFile(file, args, { env, cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ exit: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
    })
  })
}

/** The words of a command line after the program; quotes hold words together. */
export function wordsOf(command: string): readonly string[] {
  const words = command.match(/(?:"[^"]*"|[^\s"])+/g) ?? []
  return words.slice(1).map(word => word.replaceAll('"', ''))
}
