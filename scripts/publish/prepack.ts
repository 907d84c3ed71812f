/**
 * `npm pack` and `npm publish` run this in the folder of a package, before (`begin`) and after (`end`). npm packs
 * the package.json that lies there, so for that moment it is the published one; what development has is put aside.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishedManifest } from './manifest.ts'

const MANIFEST = 'package.json'
const PUT_ASIDE = '.package.json.development'
const COMPILER = join(import.meta.dirname, '../../node_modules/.bin/tsc')

function begin(): void {
  end() // a run before this one may have been ended half way
  rmSync('dist', { recursive: true, force: true })
  execFileSync(COMPILER, ['-b', 'tsconfig.build.json'], { stdio: 'inherit' })
  const development = readFileSync(MANIFEST, 'utf8')
  const published = publishedManifest(JSON.parse(development))
  writeFileSync(PUT_ASIDE, development)
  writeFileSync(MANIFEST, `${JSON.stringify(published, null, 2)}\n`)
}

function end(): void {
  if (existsSync(PUT_ASIDE)) renameSync(PUT_ASIDE, MANIFEST)
}

const [step] = process.argv.slice(2)
if (step === 'begin') begin()
else if (step === 'end') end()
else throw new Error(`Say 'begin' or 'end'; '${step}' is neither.`)
