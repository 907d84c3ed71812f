import { espeakCommand, hasEspeakCommand } from './espeak-command.ts'
import { type Service, secondsSince } from './service.ts'
import { book } from './texts.ts'

const SENTENCE = 'The next train to the coast leaves in four minutes from platform'

/** In milliseconds, from asking over HTTP to the first sample, of each try. */
export interface FirstSound {
  readonly sentence: readonly number[]
  readonly book: readonly number[]
  /** espeak-ng on the command line, with the same sentence; empty where it is not installed. */
  readonly command: readonly number[]
}

export async function measureFirstSound(
  service: Service,
  tries: number,
  length: number,
): Promise<FirstSound> {
  const [sentences, books, commands]: [number[], number[], number[]] = [[], [], []]
  for (let at = 0; at < tries; at++) {
    const sentence = `${SENTENCE} ${at}.`
    sentences.push(await timeToBegin(service, sentence))
    if (hasEspeakCommand) commands.push(1000 * (await espeakCommand(sentence, 'en-us')).first)
    if (at < tries / 4) books.push(await timeToBegin(service, `${SENTENCE} ${at}. ${book(length - 200)}`))
  }
  return { sentence: sentences, book: books, command: commands }
}

/** Nobody hears the rest. */
async function timeToBegin(service: Service, text: string): Promise<number> {
  const began = performance.now()
  const uuid = await service.ask(text)
  await service.begun(uuid)
  const ms = 1000 * secondsSince(began)
  await service.cancel(uuid)
  return ms
}
