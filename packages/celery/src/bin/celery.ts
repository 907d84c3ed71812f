#!/usr/bin/env node
import { endingOf, stackOf } from './failure.ts'
import { createProgram } from './program.ts'

const program = createProgram()
try {
  if (process.argv.length > 2) await program.parseAsync()
  else program.outputHelp()
} catch (error) {
  const { exitCode, message } = endingOf(error)
  if (message !== undefined) console.error(`Error: ${program.opts().debug ? stackOf(error) : message}`)
  process.exit(exitCode)
}
