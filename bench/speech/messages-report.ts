import { median, threeDigits } from '../statistics.ts'
import { table } from '../table.ts'
import type { FiveAtOnce } from './five-at-once.ts'

interface Rate {
  readonly perSecond: number
  readonly realTime: number
}

/** All subjects in turns, so that whatever else the machine does slows all alike; the first is what others are compared with. */
export async function messagesTable(
  subjects: Readonly<Record<string, () => Promise<Rate>>>,
  rounds: number,
  messages: number,
): Promise<string> {
  const measured = new Map<string, Rate[]>(Object.keys(subjects).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(subjects)) measured.get(name)?.push(await measure())
  }
  const [alone = []] = measured.values()
  const rows = [...measured].map(([name, rates]) => [
    name,
    threeDigits(median(rates.map(({ perSecond }) => perSecond))),
    threeDigits(median(rates.map(({ realTime }) => realTime))),
    `${median(rates.map(({ perSecond }, round) => perSecond / (alone[round]?.perSecond ?? Number.NaN))).toFixed(2)} ×`,
  ])
  const head = [`${messages} short messages`, 'messages/s', '× real time', 'compared with the engine alone']
  return table(head, rows)
}

export function fiveTable(five: FiveAtOnce): string {
  const ms = (value: number) => `${threeDigits(value)} ms`
  const rows = [
    ['GET /healthz, nothing to do', ms(five.idleP50), ms(five.idleP99), ms(five.idleLongest)],
    ['GET /healthz, five texts being spoken', ms(five.busyP50), ms(five.busyP99), ms(five.busyLongest)],
  ]
  const began = `First progress: the first text after ${ms(five.firstBegan)}, the last after ${ms(five.lastBegan)}.`
  return `${table(['five long texts at once, embedded', 'p50', 'p99', 'longest'], rows)}\n\n${began}`
}
