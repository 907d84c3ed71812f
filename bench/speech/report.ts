/** The figures as the Markdown tables of bench/README.md and of the two READMEs. */
import { median, percentile, threeDigits } from '../statistics.ts'
import { table } from '../table.ts'
import type { AtOnce } from './at-once.ts'
import type { FirstSound } from './first-sound.ts'
import type { LongBook } from './long-book.ts'
import type { RealTime } from './real-time.ts'
import type { VoiceMemory } from './voices.ts'

export interface Figures {
  readonly realTime: readonly (readonly RealTime[])[]
  readonly firstSound: FirstSound
  readonly atOnce: ReadonlyMap<string, AtOnce>
  readonly book: LongBook
  readonly voices: VoiceMemory
}

const or = (value: number, write: (value: number) => string) => (Number.isFinite(value) ? write(value) : '-')
const times = (value: number) => or(value, (known) => `${known.toFixed(2)} ×`)
const seconds = (value: number) => or(value, (known) => `${threeDigits(known)} s`)
const ms = (value: number) => or(value, (known) => `${threeDigits(known)} ms`)
const mib = (value: number) => or(value, (known) => `${Math.round(known)} MiB`)

export function realTimeTable(rounds: Figures['realTime']): string {
  const head = [
    'seconds of sound for each of work, one process',
    'the engine',
    'the service',
    'espeak-ng',
    'compared',
  ]
  const rows = (rounds[0] ?? []).map(({ text }, at) => {
    const all = rounds.flatMap((round) => round.slice(at, at + 1))
    const of = (value: (figures: RealTime) => number) => median(all.map(value))
    return [
      text,
      or(
        of(({ engine }) => engine),
        threeDigits,
      ),
      or(
        of(({ spoken }) => spoken),
        threeDigits,
      ),
      or(
        of(({ command }) => command),
        threeDigits,
      ),
      times(of(({ spoken, command }) => spoken / command)),
    ]
  })
  return table(head, rows)
}

export function firstSoundTable({ sentence, book, command }: FirstSound, length: number): string {
  const row = (name: string, values: readonly number[]) => [
    name,
    ms(median(values)),
    ms(percentile(values, 90)),
    ms(Math.max(...values)),
  ]
  return table(
    ['from asking to the first sound', 'p50', 'p90', 'longest'],
    [
      row('one sentence, over HTTP', sentence),
      row(`a text of ${length} characters, over HTTP`, book),
      ...(command.length > 0 ? [row('one sentence, espeak-ng on the command line', command)] : []),
    ],
  )
}

export function atOnceTable(atOnce: Figures['atOnce']): string {
  const rows = [...atOnce].map(([name, { one, each, sound }]) => {
    const last = each.at(-1) ?? Number.NaN
    return [
      name,
      seconds(one),
      seconds(each[0] ?? Number.NaN),
      seconds(median(each)),
      seconds(last),
      times(last / (one * each.length)),
      threeDigits(sound / last),
    ]
  })
  const count = [...atOnce.values()][0]?.each.length
  const columns = ['one alone', 'first', 'median', 'last', 'one after the other', '× real time']
  return table([`${count} chapters at once`, ...columns], rows)
}

export function bookTable({ characters, first, total, sound, tenthPeak, peak, command }: LongBook): string {
  return table(
    [`a book of ${characters} characters`, 'service, two cores', 'espeak-ng, one process'],
    [
      ['until its first sentence is heard', seconds(first), '-'],
      ['until all of it is spoken', seconds(total), seconds(command)],
      ['sound', `${threeDigits(sound / 3600)} h`, '-'],
      ['× real time', threeDigits(sound / total), or(sound / command, threeDigits)],
      ['memory of all processes at most, a tenth of the book', mib(tenthPeak), '-'],
      ['memory of all processes at most, the book', mib(peak), '-'],
    ],
  )
}

export function voicesTable({ idle, warm, voices, count }: VoiceMemory): string {
  return table(
    ['memory of all processes', 'PSS'],
    [
      ['nothing asked for yet', mib(idle)],
      ['each process has spoken', mib(warm)],
      [`${count} voices enrolled, each has spoken`, mib(voices)],
    ],
  )
}

type Language = 'en' | 'ko'

/** What a reader of the README wants to know. */
export function readmeTable(figures: Figures, language: Language): string {
  const { firstSound, atOnce, book, voices, realTime } = figures
  const rate = (at: number) => threeDigits(median(realTime.map((round) => round[at]?.spoken ?? Number.NaN)))
  const [service] = atOnce.values()
  const [last, one] = [service?.each.at(-1) ?? Number.NaN, service?.one ?? Number.NaN]
  const hours = threeDigits(book.sound / 3600)
  const length = book.characters.toLocaleString('en')
  const rows: Record<Language, readonly (readonly [string, string])[]> = {
    en: [
      ['one process, Korean / English', `${rate(0)} / ${rate(1)} × real time`],
      ['first sound of a sentence, over HTTP', ms(median(firstSound.sentence))],
      ['first sound of a long text, over HTTP', ms(median(firstSound.book))],
      ['a chapter for each of ten people at once', `${seconds(last)}, where one alone takes ${seconds(one)}`],
      [
        `a book of ${length} characters`,
        `${hours} h of sound in ${seconds(book.total)}, at most ${mib(book.peak)}`,
      ],
      ['memory, idle / each process has spoken', `${mib(voices.idle)} / ${mib(voices.warm)}`],
    ],
    ko: [
      ['프로세스 하나, 한국어 / 영어', `실시간의 ${rate(0)} / ${rate(1)}배`],
      ['문장 하나의 첫 소리까지 (HTTP)', ms(median(firstSound.sentence))],
      ['긴 글의 첫 소리까지 (HTTP)', ms(median(firstSound.book))],
      ['열 사람이 한꺼번에, 책 한 장씩', `${threeDigits(last)}초 (하나만이면 ${threeDigits(one)}초)`],
      [
        `${length}자짜리 책`,
        `${hours}시간 분량을 ${threeDigits(book.total)}초에, 메모리는 최대 ${mib(book.peak)}`,
      ],
      ['메모리, 쉴 때 / 모든 프로세스가 말한 뒤', `${mib(voices.idle)} / ${mib(voices.warm)}`],
    ],
  }
  return table(language === 'en' ? ['two cores', ''] : ['코어 두 개', ''], rows[language])
}
