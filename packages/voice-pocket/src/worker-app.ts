/**
 * What the children of the prefork pool import: the app of this process's environment. They compute, and leave the
 * processor to whoever has to answer: on a machine where all cores speak, the API still answers in a millisecond.
 */
import { constants, setPriority } from 'node:os'
import { createApp } from './app.ts'
import { loadConfig } from './config.ts'

setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

export const app = createApp(loadConfig())
