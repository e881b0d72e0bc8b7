import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { KubeClient } from '../../src/kube/client-types.ts'
import type { JsonObject } from '../../src/manifest/json.ts'
import { build, fluxCli } from '../cluster/build.ts'
import { FLUX_KINDS } from '../recordings/replay.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { type Ended, runOn, wordsOf } from './command.ts'
import { settled } from './settled.ts'

/** What somebody does with an application: commits, commands of the flux CLI, and changes of its Kustomization. */
type Step =
  | { readonly commit: string; readonly files: Readonly<Record<string, string | null>> }
  | { readonly flux: string }
  | { readonly patch: JsonObject }
  /** Until the controllers have done what there is to do. */
  | 'settled'
  | 'scrape'

const configMap = (color: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: colors\ndata:\n  color: ${color}\n  size: \${size:=big}\n`
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: example.test/web:1
`
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\nstringData:\n  key: hush\n'

/** The files of the last commit, and the same with a change, as somebody has them on their disk. */
const LAST_COLOR = 'blue'
const checkout = (color: string) => ({ 'colors.yaml': configMap(color), 'web.yaml': DEPLOYMENT, 'key.yaml': SECRET })

const flux = (command: string): Step => ({ flux: `flux ${command}` })

const STORY: readonly Step[] = [
  {
    commit: 'begin',
    files: { 'app/colors.yaml': configMap('red'), 'app/web.yaml': DEPLOYMENT, 'app/key.yaml': SECRET },
  },
  flux('create source git shop --url=$URL --branch=main --interval=10m'),
  flux(
    'create kustomization shop --source=GitRepository/shop --path=./app --prune=true --wait=true --interval=10m --target-namespace=shop',
  ),
  flux('get all'),
  { patch: { spec: { postBuild: { substitute: { size: 'small' } } } } },
  'settled',
  flux('debug kustomization shop --show-vars'),
  { commit: 'blue', files: { 'app/colors.yaml': configMap(LAST_COLOR) } },
  flux('reconcile kustomization shop --with-source'),
  flux('reconcile source git shop'),
  flux('reconcile kustomization shop'),
  flux('get kustomizations'),
  flux('get sources git'),
  flux('events'),
  flux('suspend kustomization shop'),
  flux('reconcile kustomization shop'),
  flux('get kustomizations'),
  flux('resume kustomization shop'),
  flux('suspend source git shop'),
  flux('get sources git'),
  flux('resume source git shop'),
  flux('suspend kustomization --all'),
  flux('resume kustomization --all'),
  flux('export kustomization shop'),
  flux('export source git shop'),
  flux('build kustomization shop --path=$SAME'),
  flux('diff kustomization shop --path=$SAME'),
  flux('diff kustomization shop --path=$OTHER'),
  flux('tree kustomization shop'),
  flux('trace configmap colors'),
  flux('trace secret nothing'),
  flux('stats'),
  flux('debug kustomization shop --show-history'),
  { commit: 'break', files: { 'app/colors.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {colors\n' } },
  flux('reconcile kustomization shop --with-source --timeout=8s'),
  flux('get all --status-selector ready=false'),
  { commit: 'mend', files: { 'app/colors.yaml': configMap('green') } },
  flux('reconcile kustomization shop --with-source'),
  flux('get all'),
  flux('reconcile kustomization nothing'),
  'scrape',
  flux('delete kustomization shop --silent'),
  'settled',
  flux('get kustomizations'),
  flux('delete source git shop --silent'),
  'settled',
  flux('events --for GitRepository/shop'),
]

/** What every command of the story ended with, and the metrics while the application was there. */
export interface Told {
  readonly commands: readonly (Ended & { readonly command: string })[]
  readonly metrics: string
}

/** Whoever serves the cluster. */
export interface Server {
  scrape(): Promise<string>
  stop(): Promise<unknown>
}

interface Places {
  readonly url: string
  readonly same: string
  readonly other: string
}

async function checkouts(): Promise<{ readonly same: string; readonly other: string; remove(): Promise<void> }> {
  const root = await mkdtemp(path.join(tmpdir(), 'lockstep-checkouts-'))
  const lay = async (color: string) => {
    const folder = await mkdtemp(path.join(root, 'app-'))
    for (const [file, text] of Object.entries(checkout(color))) await writeFile(path.join(folder, file), text)
    return folder
  }
  return {
    same: await lay(LAST_COLOR),
    other: await lay('yellow'),
    remove: () => rm(root, { recursive: true }),
  }
}

function nameless({ stdout, stderr, exit }: Ended, { url, same, other }: Places): Ended {
  const hide = (text: string) =>
    text.replaceAll(new URL(url).host, 'git.example.test').replaceAll(same, '$SAME').replaceAll(other, '$OTHER')
  return { exit, stdout: hide(stdout), stderr: hide(stderr) }
}

/** Plays the story on a cluster that somebody serves. Addresses and folders are told by their names. */
export async function tell(user: KubeClient, kubeconfig: string, server: Server): Promise<Told> {
  const namespace = 'shop'
  const bin = path.join(await build(fluxCli), 'flux')
  const git: GitServer = await startGitServer()
  const folders = await checkouts()
  const places = { url: `${git.url}/shop.git`, same: folders.same, other: folders.other }
  const commands: (Ended & { command: string })[] = []
  let metrics = ''
  try {
    await git.create('shop')
    await user.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, { fieldManager: 'user' })
    for (const step of STORY) {
      if (step === 'settled') await settled(user, namespace)
      else if (step === 'scrape') metrics = await server.scrape()
      else if ('commit' in step) await git.commit('shop', step.files, { message: step.commit })
      else if ('patch' in step) {
        const ref = { ...FLUX_KINDS.Kustomization, namespace, name: 'shop' }
        await user.patch(ref, step.patch, { type: 'merge', fieldManager: 'user' })
      } else {
        const { url, same, other } = places
        const command = step.flux.replace('$URL', url).replace('$SAME', same).replace('$OTHER', other)
        const args = [...wordsOf(command), '--namespace=shop']
        commands.push({ command: step.flux, ...nameless(await runOn(kubeconfig, bin, args), places) })
      }
    }
    return { commands, metrics }
  } finally {
    await folders.remove()
    await git.close()
  }
}
