import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { type EngineReport, probeEngines } from '../engines/probe.ts'

/** `voice-pocket engines`: what can speak here. */
export function enginesCommand(): Command {
  return new Command('engines')
    .description('The engines, in the order in which they are tried, and what each can do.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const reports = await probeEngines(loadConfig())
      if (json) console.log(JSON.stringify(reports, null, 2))
      else for (const report of reports) console.log(lines(report))
      if (!reports.some(({ available }) => available)) process.exitCode = 1
    })
}

/** More of them are for `--json`. */
const LISTED = 12

function lines({ name, available, reason, sampleRate, capabilities }: EngineReport): string {
  if (!available || !capabilities) return `${name}  unavailable: ${reason}`
  const { languages, voices, cloning, rate } = capabilities
  const facts = [
    `languages: ${listed(languages)}`,
    `voices:    ${voices.length === 0 ? 'its own' : listed(voices)}`,
    `rate:      ${rate.min} to ${rate.max}`,
    `cloning:   ${cloning === undefined ? 'no' : `from a ${cloning.replaceAll('-', ' ')}`}`,
  ]
  return [`${name}  ${sampleRate} Hz`, ...facts.map((fact) => `  ${fact}`)].join('\n')
}

function listed(names: readonly string[]): string {
  const more = names.length - LISTED
  return names.slice(0, LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
