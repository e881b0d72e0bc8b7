/** One build of a folder on disk, as a command of its own: what a cold start costs. */
import { kustomizeBuild } from '../src/render/kustomize/kustomize.ts'
import { folderTree } from '../src/source/folder-tree.ts'

const tree = await folderTree(process.argv[2] ?? '.')
process.stdout.write((await kustomizeBuild(tree, process.argv[3] ?? '')).yaml)
if (process.env['BENCH_MEMORY'] !== undefined) console.error(process.resourceUsage().maxRSS)
