#!/usr/bin/env node
import { completionAnswer } from './completion/answer.ts'
import { endingOf, stackOf } from './failure.ts'
import { createProgram } from './program.ts'

const program = createProgram()
try {
  const completion = await completionAnswer(program, process.env)
  if (completion !== undefined) process.stdout.write(completion)
  else if (process.argv.length > 2) await program.parseAsync()
  else program.outputHelp()
} catch (error) {
  const { exitCode, message } = endingOf(error)
  if (message !== undefined) console.error(`Error: ${program.opts().debug ? stackOf(error) : message}`)
  process.exit(exitCode)
}
