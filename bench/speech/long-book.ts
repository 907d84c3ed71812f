import { espeakCommand, hasEspeakCommand } from './espeak-command.ts'
import { peakMemoryOf } from './process-memory.ts'
import { type Service, secondsSince } from './service.ts'
import { book } from './texts.ts'

/** Times in seconds, memory in MiB. */
export interface LongBook {
  readonly characters: number
  readonly first: number
  readonly total: number
  readonly sound: number
  /** The most that the service and its children had, of a text of a tenth, and of the whole. */
  readonly tenthPeak: number
  readonly peak: number
  /** espeak-ng on the command line, one process; NaN where it is not installed. */
  readonly command: number
}

export async function measureBook(service: Service, characters: number): Promise<LongBook> {
  const tenth = await measure(service, book(characters / 10, 100_000))
  const whole = await measure(service, book(characters))
  const command = hasEspeakCommand ? (await espeakCommand(book(characters), 'en-us')).total : Number.NaN
  return { characters, ...whole, tenthPeak: tenth.peak, command }
}

async function measure(service: Service, text: string) {
  const began = performance.now()
  const uuid = await service.ask(text)
  const first = service.begun(uuid).then(() => secondsSince(began))
  const ended = service.ended(uuid).then(() => secondsSince(began))
  const peak = await peakMemoryOf(service.pid, ended)
  return { first: await first, total: await ended, sound: await service.seconds(uuid), peak }
}
