import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { registerGet } from './get.ts'
import { registerInstall } from './install.ts'

/** Every command of the program, in the order in which help lists them. */
export function registerCommands(program: Command, context: CliContext): void {
  registerInstall(program, context)
  registerGet(program, context)
}
