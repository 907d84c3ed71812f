import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export interface Import {
  /** Path of the importing file from the root of the workspace, with forward slashes. */
  readonly file: string
  /** What stands between the quotes. */
  readonly specifier: string
  /** `type` is erased before running; `lazy` happens while running; `static` happens on loading. */
  readonly kind: 'type' | 'lazy' | 'static'
}

/** Strings are matched so that what they contain is not taken for a comment. */
const COMMENT_OR_TEXT = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/.*|\/\*[\s\S]*?\*\//g

const STATEMENT =
  /^\s*(?:import|export)\s+(?<type>type\s)?(?:[\w*{][^'"]*?from\s*)?['"](?<specifier>[^'"]+)['"]/gm
const CALL = /\bimport\(\s*['"](?<specifier>[^'"]+)['"]/g

/** Every import of every source file of the packages. */
export async function readImports(root: URL): Promise<Import[]> {
  const imports: Import[] = []
  for await (const path of glob('packages/*/src/**/*.ts', { cwd: fileURLToPath(root) })) {
    const file = path.replaceAll('\\', '/')
    imports.push(...parseImports(file, await readFile(new URL(file, root), 'utf8')))
  }
  return imports
}

export function parseImports(file: string, source: string): Import[] {
  const code = source.replaceAll(COMMENT_OR_TEXT, (text) => (/^['"]/.test(text) ? text : ' '))
  const statements = [...code.matchAll(STATEMENT)].map(({ groups = {} }): Import => {
    return { file, specifier: groups.specifier ?? '', kind: groups.type ? 'type' : 'static' }
  })
  const calls = [...code.matchAll(CALL)].map(({ groups = {} }): Import => {
    return { file, specifier: groups.specifier ?? '', kind: 'lazy' }
  })
  return [...statements, ...calls]
}
