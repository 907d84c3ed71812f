/** Graphs in the language of Graphviz (https://graphviz.org/doc/info/lang.html). */

export type Attributes = Readonly<Record<string, string>>

export interface Graph {
  /** Names, each with how it is drawn. */
  readonly nodes: readonly (readonly [name: string, attributes: Attributes])[]
  readonly edges: readonly (readonly [from: string, to: string])[]
}

export function toDot({ nodes, edges }: Graph): string {
  const lines = [
    ...nodes.map(([name, attributes]) => `    ${quoted(name)} [${attributesOf(attributes)}]`),
    ...edges.map(([from, to]) => `    ${quoted(from)} -> ${quoted(to)}`),
  ]
  return ['digraph dependencies {', '    graph [bgcolor="mintcream"]', ...lines, '}'].join('\n')
}

function attributesOf(attributes: Attributes): string {
  const all = { style: 'filled', ...attributes }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(', ')
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
