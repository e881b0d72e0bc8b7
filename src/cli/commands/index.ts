import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { registerBuild } from './build.ts'
import { registerCheck } from './check.ts'
import { registerCompletion } from './completion.ts'
import { registerCreate } from './create.ts'
import { registerDebug } from './debug.ts'
import { registerDelete } from './delete.ts'
import { registerDiff } from './diff.ts'
import { registerEvents } from './events.ts'
import { registerExport } from './export.ts'
import { registerGet } from './get.ts'
import { registerInstall } from './install.ts'
import { registerLogs } from './logs.ts'
import { registerReconcile } from './reconcile.ts'
import { registerRun } from './run.ts'
import { registerStats } from './stats.ts'
import { registerSuspend } from './suspend.ts'
import { registerTrace } from './trace.ts'
import { registerTree } from './tree.ts'
import { registerUninstall } from './uninstall.ts'
import { registerUp } from './up.ts'
import { registerVersion } from './version.ts'

/** Every command of the program, in the order in which help lists them. */
export function registerCommands(program: Command, context: CliContext): void {
  registerUp(program, context)
  registerInstall(program, context)
  registerRun(program, context)
  registerGet(program, context)
  registerTree(program, context)
  registerReconcile(program, context)
  registerSuspend(program, context)
  registerExport(program, context)
  registerCheck(program, context)
  registerUninstall(program, context)
  registerCreate(program, context)
  registerDelete(program, context)
  registerStats(program, context)
  registerVersion(program, context)
  registerBuild(program, context)
  registerDiff(program, context)
  registerEvents(program, context)
  registerTrace(program, context)
  registerLogs(program, context)
  registerDebug(program, context)
  registerCompletion(program, context)
}
