import { readFile, writeFile } from 'node:fs/promises'

const ROOT = new URL('../../', import.meta.url)
const FILES = ['bench/README.md', 'README.md', 'README.ko.md']
/** What stands between these two is written anew. */
const SECTION = /(<!-- bench\/speech\.ts: (\S+) -->\n).*?(<!-- end -->)/gs

/** Puts what was measured into the documents that show it. */
export async function writeFigures(sections: ReadonlyMap<string, string>): Promise<void> {
  const shown = new Set<string>()
  for (const file of FILES) {
    const path = new URL(file, ROOT)
    const text = await readFile(path, 'utf8')
    const written = text.replace(SECTION, (whole, begin: string, name: string, end: string) => {
      shown.add(name)
      const section = sections.get(name)
      return section === undefined ? whole : `${begin}${section}\n${end}`
    })
    await writeFile(path, written)
  }
  const missing = [...sections.keys()].filter((name) => !shown.has(name))
  if (missing.length > 0) throw new Error(`No document has a place for ${missing.join(', ')}.`)
}
