/** Fails when an import breaks the order of the packages; `imports/rules.ts` holds the rules. */
import { readImports } from './imports/read.ts'
import { findCycles, findViolations, layerOf } from './imports/rules.ts'

const imports = await readImports(new URL('../', import.meta.url))
const complaints = [...findViolations(imports), ...findCycles(imports)]
for (const complaint of complaints) console.error(complaint)
const layers = new Set(imports.map(({ file }) => layerOf(file)))
console.log(
  `${imports.length} imports in ${layers.size} packages, ${complaints.length} of them where they may not be.`,
)
process.exitCode = complaints.length === 0 ? 0 : 1
