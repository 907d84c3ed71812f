import { readFileSync } from 'node:fs'

const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')

/** The package's version. Its file is read and not imported, because it lies outside of what is compiled. */
export const VERSION: string = JSON.parse(manifest).version
