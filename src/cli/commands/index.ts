import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { registerExport } from './export.ts'
import { registerGet } from './get.ts'
import { registerInstall } from './install.ts'
import { registerReconcile } from './reconcile.ts'
import { registerSuspend } from './suspend.ts'
import { registerTree } from './tree.ts'
import { registerUp } from './up.ts'

/** Every command of the program, in the order in which help lists them. */
export function registerCommands(program: Command, context: CliContext): void {
  registerUp(program, context)
  registerInstall(program, context)
  registerGet(program, context)
  registerTree(program, context)
  registerReconcile(program, context)
  registerSuspend(program, context)
  registerExport(program, context)
}
