import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Path of a program beside this file: it is TypeScript as long as this is, and JavaScript when both were compiled. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url))
}
