/** The candidate that takes the fewest edits to become `name`: what somebody who mistyped it most likely meant. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const edits = editDistance(name.toUpperCase(), candidate.toUpperCase())
    if (edits >= fewest) continue
    nearest = candidate
    fewest = edits
  }
  return nearest
}

/** Levenshtein's: how many characters to insert, delete or replace. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const here = [row]
    for (let column = 1; column <= to.length; column++) {
      const replace = Number(above[column - 1]) + (from[row - 1] === to[column - 1] ? 0 : 1)
      here.push(Math.min(replace, Number(above[column]) + 1, Number(here[column - 1]) + 1))
    }
    above = here
  }
  return Number(above[to.length])
}
