import { createRequire } from 'node:module'

/** Of this package; its manifest lies one folder up, from the source as from what was compiled. */
export const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string }
