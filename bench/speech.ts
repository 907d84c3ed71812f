/**
 * How fast messages become sound files, and how fast the API answers meanwhile.
 * `node scripts/test-services.ts node bench/speech.ts [rounds] [messages]`
 */
import { measureEngine } from './speech/engine.ts'
import { measureFiveAtOnce } from './speech/five-at-once.ts'
import { measureMessages } from './speech/messages.ts'
import { median, threeDigits } from './statistics.ts'
import { table } from './table.ts'

const [rounds = 3, messages = 1_000] = process.argv.slice(2).map(Number)
const { AMQP_URL, REDIS_URL } = process.env
if (!AMQP_URL || !REDIS_URL) {
  throw new Error('AMQP_URL or REDIS_URL is not set. Run: node scripts/test-services.ts node bench/speech.ts')
}
const services = { CELERY_BROKER_URL: AMQP_URL, CELERY_RESULT_BACKEND: REDIS_URL }

/** Name of a figure to its value in each round. */
class Rounds<Name extends string> {
  readonly #values = new Map<Name, number[]>()

  add(figures: Readonly<Record<Name, number>>): void {
    for (const [name, value] of Object.entries(figures) as [Name, number][]) {
      this.#values.set(name, [...this.all(name), value])
    }
  }

  all(name: Name): readonly number[] {
    return this.#values.get(name) ?? []
  }

  median(name: Name): number {
    return median(this.all(name))
  }
}

const subjects = {
  'the engine alone, one process': () => measureEngine(messages),
  'the service, two processes, SQLite': () => measureMessages({}, messages),
  'the service, two processes, RabbitMQ + Redis': () => measureMessages(services, messages),
}
const speech = new Map(Object.keys(subjects).map((name) => [name, new Rounds<'perSecond' | 'realTime'>()]))
const five = new Rounds<keyof Awaited<ReturnType<typeof measureFiveAtOnce>>>()

for (let round = 1; round <= rounds; round++) {
  for (const [name, measure] of Object.entries(subjects)) {
    const figures = await measure()
    speech.get(name)?.add(figures)
    console.error(`${round}/${rounds} ${name}: ${threeDigits(figures.perSecond)}/s`)
  }
  const figures = await measureFiveAtOnce()
  five.add(figures)
  console.error(`${round}/${rounds} five at once: the last began after ${threeDigits(figures.lastBegan)} ms`)
}

const [alone] = [...speech.values()].map((figures) => figures.all('perSecond'))
const timesAlone = (perSecond: readonly number[]) =>
  median(perSecond.map((value, round) => value / (alone?.[round] ?? Number.NaN)))
console.log(
  table(
    [`${messages} short messages`, 'messages/s', '× real time', 'compared with the engine alone'],
    [...speech].map(([name, figures]) => [
      name,
      threeDigits(figures.median('perSecond')),
      threeDigits(figures.median('realTime')),
      `${timesAlone(figures.all('perSecond')).toFixed(2)} ×`,
    ]),
  ),
)
const ms = (name: Parameters<typeof five.median>[0]) => `${threeDigits(five.median(name))} ms`
console.log(
  `\n${table(
    ['five long texts at once, embedded', 'p50', 'p99', 'longest'],
    [
      ['GET /healthz, nothing to do', ms('idleP50'), ms('idleP99'), ms('idleLongest')],
      ['GET /healthz, five texts being spoken', ms('busyP50'), ms('busyP99'), ms('busyLongest')],
    ],
  )}`,
)
console.log(`\nFirst progress: the first text after ${ms('firstBegan')}, the last after ${ms('lastBegan')}.`)
