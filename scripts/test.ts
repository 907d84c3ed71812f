/**
 * `node scripts/test.ts [--file-limit SECONDS] [FILES…]` runs the test files that these patterns find, or all of them.
 *
 * As many run side by side as there are lanes (see `services/lanes.ts`): start it through `scripts/test-services.ts`.
 */
import { globSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { run } from 'node:test'
import { parseArgs } from 'node:util'
import { countLanes } from './services/lanes.ts'
import { Report } from './testing/report.ts'
import { Watchdog } from './testing/watchdog.ts'

const ROOT = resolve(import.meta.dirname, '..')
/** Those of `scripts` pack and install everything, which takes longest: first, so that nobody waits for them alone. */
const ALL = ['scripts/**/*.test.ts', 'examples/*.test.ts', 'packages/*/test/**/*.test.ts']
/** Seconds; where nothing else is going on, none takes a tenth of it. */
const FILE_LIMIT = '600'

function find(patterns: readonly string[]): string[] {
  const found = new Set<string>()
  for (const pattern of patterns) {
    const files = globSync(pattern, { cwd: ROOT })
    if (files.length === 0) throw new Error(`No file matches ${pattern}`)
    for (const file of files.sort()) found.add(resolve(ROOT, file))
  }
  return [...found]
}

async function main(patterns: readonly string[], fileLimit: number): Promise<number> {
  const files = find(patterns)
  const hung = new AbortController()
  const report = new Report(ROOT)
  const watchdog = new Watchdog(fileLimit * 1000, (file) => {
    process.stdout.write(`✖ ${relative(ROOT, file)} does not end: given up after ${fileLimit} s\n`)
    hung.abort()
  })
  // Each file is a process of its own, and most start more: what one has compiled serves all.
  process.env.NODE_COMPILE_CACHE ??= resolve(ROOT, 'node_modules/.cache/compiled')
  for await (const event of run({ files, concurrency: countLanes(process.env), signal: hung.signal })) {
    watchdog.next(event)
    process.stdout.write(report.next(event))
  }
  process.stdout.write(report.summary())
  return report.hasFailed || hung.signal.aborted ? 1 : 0
}

const { values, positionals } = parseArgs({
  options: { 'file-limit': { type: 'string', default: FILE_LIMIT } },
  allowPositionals: true,
})
process.exitCode = await main(positionals.length > 0 ? positionals : ALL, Number(values['file-limit']))
