/** What the children of the prefork pool import: the app of this process's environment. */
import { createApp } from './app.ts'
import { loadConfig } from './config.ts'

export const app = createApp(loadConfig())
