/** A package's manifest as it is published: it names what was compiled, where development names the source. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** Of no use to who installs the package. */
const DEVELOPMENT_ONLY = ['scripts', 'devDependencies']

export function publishedManifest(manifest: Manifest): Record<string, unknown> {
  const entries = Object.entries(manifest).filter(([field]) => !DEVELOPMENT_ONLY.includes(field))
  const exports = Object.entries(manifest.exports).map(([subpath, source]) => {
    return [subpath, { types: compiled(source, '.d.ts'), default: compiled(source, '.js') }]
  })
  const bin = Object.entries(manifest.bin ?? {}).map(([name, source]) => [name, compiled(source, '.js')])
  return {
    ...Object.fromEntries(entries),
    exports: { ...Object.fromEntries(exports), './package.json': './package.json' },
    ...(bin.length > 0 && { bin: Object.fromEntries(bin) }),
    files: ['dist', '!dist/.tsbuildinfo'],
  }
}

function compiled(source: string, ending: '.js' | '.d.ts'): string {
  const match = /^\.\/src\/(?<path>.+)\.ts$/.exec(source)
  if (match?.groups === undefined) {
    throw new Error(
      `package.json names '${source}'; only ./src/….ts is compiled, so nothing else can be published.`,
    )
  }
  return `./dist/${match.groups.path}${ending}`
}
