import type { Controller, PodLog } from '../controller.ts'

/** The simulated controllers, in the order in which they start. */
export const controllers: readonly Controller[] = []

/** What a simulated container prints. */
export const podLog: PodLog = () => ''
