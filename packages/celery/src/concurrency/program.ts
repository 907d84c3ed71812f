import { extname, join } from 'node:path'

/** Path of a program beside this file. It ends as this file does: in .ts from the source, in .js as published. */
export function programPath(name: string): string {
  return join(import.meta.dirname, `${name}${extname(import.meta.filename)}`)
}
