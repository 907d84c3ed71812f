import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Producer } from '@voice-pocket/kombu'
import { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { VoicePocketError } from '../exceptions.ts'
import { etlSchema } from '../messages.ts'
import { queueOf } from '../notices.ts'
import { DEFAULT_PRIORITY } from '../priority.ts'
import { VoicePocket } from '../service.ts'
import type { SpeechAudio, SpeechStatus } from '../speech-service.ts'
import { taskIdFor } from '../uuid.ts'
import { createLogger } from './log.ts'
import { play } from './player.ts'
import { showProgress } from './progress.ts'

interface Options {
  readonly output?: string
  readonly email: string
  readonly language?: string
  readonly voice?: string
  readonly engine?: string
  readonly instructions?: string
  readonly rate?: string
  readonly ssml?: boolean
  readonly priority?: string
  readonly normalize: boolean
}

/** Long enough for a worker that is busy; a worker that is there answers within milliseconds. */
const WORKER_ANSWER_SECONDS = 1

/** `voice-pocket say`: one plain message, sent as any other program would, and what comes of it. */
export function sayCommand(): Command {
  return new Command('say')
    .description('Send a text through the whole pipeline, and play or write what comes back.')
    .argument('<text>', 'what to say')
    .option('-o, --output <file>', 'write a WAV file instead of playing')
    .option('--email <address>', 'whose voice', 'anyone@example.com')
    .option('--language <tag>', 'such as ko or en-us; without it the script of the text decides')
    .option('--voice <name>', "one of the engine's voices")
    .option('--engine <name>', 'one of those that voice-pocket engines lists')
    .option('--instructions <words>', 'how to speak, for engines that follow words')
    .option('--no-normalize', 'leave numbers, signs and foreign words to the engine')
    .option('--ssml', 'the text is SSML')
    .option('--rate <number>', '1 is normal, 2 twice as fast')
    .option('--priority <number>', `from 0 to 9, the most urgent; ${DEFAULT_PRIORITY} unless given`)
    .action((text: string, options: Options) => say(text, options, loadConfig()))
}

async function say(
  text: string,
  { output, rate, priority, ssml, ...options }: Options,
  config: Config,
): Promise<void> {
  const uuid = randomUUID()
  const numbers = {
    ...(rate !== undefined && { rate: Number(rate) }),
    ...(priority !== undefined && { priority: Number(priority) }),
  }
  const markup = ssml && { input_type: 'ssml' }
  const message = { type: 'ETL', uuid, text, ...options, ...numbers, ...markup }
  refuseInvalid(message, config)
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  await using pocket = await VoicePocket.open(config, createLogger('warn'))
  await ensureWorker(pocket)
  await publish(pocket, message, config)
  const ended = await follow(pocket, uuid, interrupted.signal)
  if (ended?.key === undefined) throw new VoicePocketError(whyNot(uuid, ended))
  const audio = await pocket.service.audio(uuid)
  if (output !== undefined) await write(audio, output)
  else if (!(await play(await audio.read())))
    console.error('No program to play sound was found; the storage keeps it under this key:')
  console.log(output ?? audio.key)
}

async function write({ key, read }: SpeechAudio, output: string): Promise<void> {
  try {
    await pipeline(await read(), createWriteStream(output))
  } catch (cause) {
    throw new VoicePocketError(
      `${output} cannot be written: ${(cause as Error).message}. The storage has it as ${key}.`,
      { cause },
    )
  }
}

/** Only what the command line can get wrong: everything else is the worker's to judge. */
function refuseInvalid(message: object, { maxTextLength }: Config): void {
  const parsed = etlSchema(maxTextLength).safeParse(message)
  if (parsed.success) return
  throw new VoicePocketError(
    parsed.error.issues.map(({ path, message: rule }) => `${path}: ${rule}`).join('; '),
  )
}

/** A worker elsewhere speaks, if one answers; else one in this process does, for this one call. */
async function ensureWorker(pocket: VoicePocket): Promise<void> {
  const replies = await pocket.app.control.ping({ timeout: WORKER_ANSWER_SECONDS, limit: 1 })
  if (replies.length > 0) return
  console.error('No worker answers, so this command brings its own.')
  await pocket.startWorker({ concurrency: 1 })
}

async function publish(pocket: VoicePocket, message: object, config: Config): Promise<void> {
  const queue = queueOf({ exchange: config.inputExchange, queue: config.inputQueue, key: config.inputKey })
  await using producer = new Producer(pocket.app.connection)
  await producer.publish(message, {
    exchange: queue.exchange,
    routingKey: queue.routingKey,
    declare: [queue],
  })
}

/** The id of the task follows from the uuid, so there is nothing to wait for before watching it. */
async function follow(
  pocket: VoicePocket,
  uuid: string,
  signal: AbortSignal,
): Promise<SpeechStatus | undefined> {
  let last: SpeechStatus | undefined
  for await (const status of pocket.service.watchTask(uuid, taskIdFor(uuid), signal)) {
    showProgress(status)
    last = status
  }
  return last
}

function whyNot(uuid: string, ended: SpeechStatus | undefined): string {
  if (ended?.error) return `${ended.error.title}: ${ended.error.detail}`
  return `Stopped waiting; the request ${uuid} goes on without you.`
}
