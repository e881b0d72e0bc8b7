import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { runCommand } from '../../../test/support/cli.ts'

/** What bash would offer for the last of these words. */
function complete(script: string, words: readonly string[]): readonly string[] {
  const list = words.map(word => `'${word}'`).join(' ')
  const ask = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _lockstep; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).trim().split('\n')
}

test('bash offers commands, and the flags of the command', async () => {
  const { stdout: script } = await runCommand('completion bash')
  assert.deepEqual(complete(script, ['lockstep', 'recon']), ['reconcile'])
  assert.deepEqual(complete(script, ['lockstep', 'get', 's']), ['sources', 'source'])
  assert.deepEqual(complete(script, ['lockstep', '-n', 'shop', 'get', 'sources', 'git', '--sh']), ['--show-source'])
  assert.deepEqual(complete(script, ['lockstep', 'get', 'ks', '--kubec']), ['--kubeconfig'])
})

test('zsh and fish get the same commands', async () => {
  const [zsh, fish] = [await runCommand('completion zsh'), await runCommand('completion fish')]
  assert.match(zsh.stdout, /^#compdef lockstep$/m)
  assert.match(zsh.stdout, /'reconcile kustomization'\) choices='--with-source/)
  assert.match(fish.stdout, /complete -c lockstep -n "__lockstep_at 'get'" -a kustomizations -d 'Show Kustomizations'/)
})
