import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { examine } from '../doctor.ts'

/** `voice-pocket doctor`: what works, what does not, and what to do. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Check broker, results, storage and engine, and say what to do.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const results = await examine(loadConfig())
      if (json) console.log(JSON.stringify(results, null, 2))
      else for (const { name, ok, detail, remedy } of results) printLine(name, ok, detail, remedy)
      if (results.some(({ ok }) => !ok)) process.exitCode = 1
    })
}

function printLine(name: string, ok: boolean, detail: string, remedy: string | undefined): void {
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name}: ${detail}`)
  if (remedy !== undefined) console.log(`      -> ${remedy}`)
}
