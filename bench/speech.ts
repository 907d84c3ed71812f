/**
 * How fast text becomes sound, for whom, and with how much memory.
 * `node scripts/test-services.ts node bench/speech.ts`, about six minutes; `--write` puts the figures into the
 * documents, `--quick` only shows that it works.
 * RabbitMQ, Redis, a Python with Celery and espeak-ng are compared with where they are there.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { measureServiceAtOnce } from './speech/at-once.ts'
import { measureEngine } from './speech/engine.ts'
import { measureFirstSound } from './speech/first-sound.ts'
import { measureFiveAtOnce } from './speech/five-at-once.ts'
import { measureBook } from './speech/long-book.ts'
import { measureMessages } from './speech/messages.ts'
import { fiveTable, messagesTable } from './speech/messages-report.ts'
import { measurePipelineAtOnce } from './speech/pipeline.ts'
import { measureRealTime, type RealTime } from './speech/real-time.ts'
import * as report from './speech/report.ts'
import { Service } from './speech/service.ts'
import { chapter } from './speech/texts.ts'
import { measureVoices } from './speech/voices.ts'
import { writeFigures } from './speech/write-figures.ts'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})
const size = values.quick
  ? { rounds: 1, tries: 1, long: 1_000, atOnce: 2, chapter: 300, book: 2_000, voices: 1, messages: 0 }
  : {
      rounds: 5,
      tries: 40,
      long: 100_000,
      atOnce: 10,
      chapter: 10_000,
      book: 500_000,
      voices: 50,
      messages: 500,
    }
/** Where nothing is to be learned one service does for all. */
const shared = values.quick
  ? await Service.start({ VOICE_POCKET_CONCURRENCY: '1', VOICE_POCKET_CACHE_SIZE: '0' })
  : undefined
const { AMQP_URL, REDIS_URL, PYTHON_VENV } = process.env
const servers =
  AMQP_URL && REDIS_URL && !values.quick
    ? { CELERY_BROKER_URL: AMQP_URL, CELERY_RESULT_BACKEND: REDIS_URL }
    : undefined

/** What else the machine has to do. */
const [load = 0] = loadavg()

function step(name: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${name}`)
}

async function inService<Result>(
  env: Readonly<Record<string, string>>,
  measure: (service: Service) => Promise<Result>,
): Promise<Result> {
  if (shared !== undefined) return await measure(shared)
  await using service = await Service.start(env)
  return await measure(service)
}

async function measureAllAtOnce() {
  const text = chapter.slice(0, size.chapter)
  const atOnceIn = (env: Readonly<Record<string, string>>) =>
    inService({ ...env, VOICE_POCKET_CACHE_SIZE: '0' }, (service) =>
      measureServiceAtOnce(service, text, size.atOnce),
    )
  const all = new Map([['the service, nothing set', await atOnceIn({})]])
  if (servers === undefined) return all
  const two = { ...servers, VOICE_POCKET_CONCURRENCY: '2' }
  const name = (what: string) => `${what}, two processes, RabbitMQ + Redis`
  all.set(name('the service'), await atOnceIn(two))
  if (PYTHON_VENV === undefined) return all
  const options = {
    python: PYTHON_VENV,
    broker: servers.CELERY_BROKER_URL,
    backend: servers.CELERY_RESULT_BACKEND,
    processes: '2',
  }
  return all.set(name('Python Celery and espeak-ng'), await measurePipelineAtOnce(options, text, size.atOnce))
}

async function measureShort(service: Service) {
  step(`${size.voices} voices`)
  const voices = await measureVoices(service, size.voices)
  step('first sound')
  return { voices, firstSound: await measureFirstSound(service, size.tries, size.long) }
}

step('real time')
const realTime: RealTime[][] = []
for (let round = 1; round <= size.rounds; round++) realTime.push(await measureRealTime(size.chapter))
const { voices, firstSound } = await inService({}, measureShort)
step(`${size.atOnce} at once`)
const atOnce = await measureAllAtOnce()
step(`a book of ${size.book} characters`)
const book = await inService({ VOICE_POCKET_MAX_TEXT_LENGTH: String(size.book) }, (service) =>
  measureBook(service, size.book),
)
await shared?.[Symbol.asyncDispose]()
const figures = { realTime, firstSound, atOnce, book, voices }

const processor = cpus()[0]?.model ?? 'unknown'
const gigabytes = Math.round(totalmem() / 2 ** 30)
const sections = new Map([
  [
    'machine',
    `${availableParallelism()} × ${processor}, ${gigabytes} GiB, Node ${process.versions.node}; a load average of ${load.toFixed(1)} from other programs when it began.`,
  ],
  ['real-time', report.realTimeTable(realTime)],
  ['first-sound', report.firstSoundTable(firstSound, size.long)],
  ['at-once', report.atOnceTable(atOnce)],
  ['book', report.bookTable(book)],
  ['memory', report.voicesTable(voices)],
  ['readme', report.readmeTable(figures, 'en')],
  ['readme-ko', report.readmeTable(figures, 'ko')],
])
if (servers !== undefined) {
  step(`${size.messages} short messages`)
  const subjects = {
    'the engine alone, one process': () => measureEngine(size.messages),
    'the service, two processes, SQLite': () => measureMessages({}, size.messages),
    'the service, two processes, RabbitMQ + Redis': () => measureMessages(servers, size.messages),
  }
  sections.set('messages', await messagesTable(subjects, 3, size.messages))
  step('five long texts at once')
  sections.set('five', fiveTable(await measureFiveAtOnce()))
}
for (const [name, text] of sections) console.log(`${name}:\n\n${text}\n`)
if (values.write) await writeFigures(sections)
step('done')
