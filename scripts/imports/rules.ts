import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import type { Import } from './read.ts'

/** Which packages of ours each package may use: never one above it, never one beside it. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  kombu: [],
  celery: ['@voice-pocket/kombu'],
  espeak: [],
  'voice-pocket': ['@voice-pocket/kombu', '@voice-pocket/celery'],
}

/** With code under the GPL in them, and therefore only ever loaded by name while running, by a user who chose to. */
const LOADED_BY_NAME = ['@voice-pocket/espeak', 'sherpa-onnx-node']

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  /** Of ours only optional ones. */
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** The package's folder: `packages/celery/src/x.ts` is in `celery`. */
export function layerOf(file: string): string {
  return file.split('/')[1] ?? ''
}

export function findViolations(imports: readonly Import[]): string[] {
  const manifests = new Map(Object.keys(BELOW).map((layer) => [layer, readManifest(layer)]))
  const published = new Map([...manifests.values()].map((manifest) => [manifest.name, manifest]))
  return imports.flatMap((entry) => {
    const problem = entry.specifier.startsWith('.')
      ? judgeRelative(entry)
      : judgePackage(entry, manifests.get(layerOf(entry.file)), published)
    return problem === undefined ? [] : [`${entry.file} imports '${entry.specifier}': ${problem}`]
  })
}

function readManifest(layer: string): Manifest {
  return JSON.parse(readFileSync(new URL(`../../packages/${layer}/package.json`, import.meta.url), 'utf8'))
}

function judgeRelative(entry: Import): string | undefined {
  const target = resolve(entry)
  const own = `packages/${layerOf(entry.file)}/`
  if (!target.startsWith(own))
    return 'a relative import may not leave its package; import the other package by name.'
  if (target === `${own}package.json`) return undefined
  if (!target.startsWith(`${own}src/`)) return 'source files may only use source files.'
  if (target.endsWith('.test.ts')) return 'source files may not use tests.'
  return undefined
}

function judgePackage(
  { file, specifier, kind }: Import,
  importer: Manifest | undefined,
  published: ReadonlyMap<string, Manifest>,
): string | undefined {
  if (isBuiltin(specifier)) {
    return specifier.startsWith('node:')
      ? undefined
      : `write 'node:${specifier}', so that it is seen to be built in.`
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  if (LOADED_BY_NAME.includes(name) && kind === 'static')
    return 'it may only be loaded by name while running.'
  if (!LOADED_BY_NAME.includes(name) && published.has(name) && !BELOW[layerOf(file)]?.includes(name)) {
    return `${layerOf(file)} may use ${BELOW[layerOf(file)]?.join(' and ') || 'no other package of ours'}.`
  }
  const subpath = `.${specifier.slice(name.length)}`
  const target = published.get(name)
  if (target && !(subpath in target.exports)) return `${name} does not export '${subpath}'.`
  const declared = {
    ...importer?.dependencies,
    ...importer?.optionalDependencies,
    ...importer?.peerDependencies,
  }
  return name in declared
    ? undefined
    : `${name} is not among the dependencies in ${layerOf(file)}'s package.json.`
}

/** Files that load each other in a circle. Types and lazy imports load nothing, so they may point back. */
export function findCycles(imports: readonly Import[]): string[] {
  const graph = new Map<string, string[]>()
  for (const entry of imports) {
    if (entry.kind !== 'static' || !entry.specifier.startsWith('.')) continue
    graph.set(entry.file, [...(graph.get(entry.file) ?? []), resolve(entry)])
  }
  const finished = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      const circle = [...path.slice(path.indexOf(file)), file]
      cycles.push(
        `Circular import: ${circle.join(' -> ')}. Move what both need into a file that imports neither.`,
      )
    } else if (!finished.has(file)) {
      for (const next of graph.get(file) ?? []) visit(next, [...path, file])
      finished.add(file)
    }
  }
  for (const file of graph.keys()) visit(file, [])
  return cycles
}

function resolve({ file, specifier }: Import): string {
  return posix.join(posix.dirname(file), specifier)
}
