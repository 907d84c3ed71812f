import load, {
  type EspeakEvent,
  type EspeakModule,
  type EspeakWorker,
} from '@echogarden/espeak-ng-emscripten'
import { EngineClosedError, UnknownVoiceError } from './exceptions.ts'
import { withNasalWords } from './nasal-words.ts'
import { type Pronounced, prepareText } from './plain-text.ts'
import { VoiceCatalogue } from './voice-catalogue.ts'

const VARIANTS_FOLDER = '/usr/share/espeak-ng-data/voices/!v'
const NOTHING_TO_SAY = /^[^\p{L}\p{N}]*$/u

/** In eSpeak NG's own units. */
export interface EspeakSettings {
  /** From `catalogue.identifier()`. */
  readonly identifier: string
  /** Words per minute, 80 to 450. */
  readonly rate: number
  /** 0 to 99. */
  readonly pitch: number
  /** 0 to 99. */
  readonly range: number
  /** 0 to 100. */
  readonly volume: number
}

export interface Utterance {
  readonly samples: Int16Array
  readonly events: readonly SpeechEvent[]
}

/** When which part of the text is heard. `text.slice(start, end)` is that part, as the caller wrote it. */
export interface SpeechEvent {
  readonly type: 'sentence' | 'word' | 'phoneme'
  readonly start: number
  readonly end: number
  /** Milliseconds from the beginning. */
  readonly at: number
  /** In IPA; empty for words and sentences. */
  readonly phoneme: string
}

/**
 * One instance of eSpeak NG in JavaScript, loaded once (24 MB of data, about 80 MB of memory) and used for
 * years: it does not grow. Speaking holds the thread, for some milliseconds a sentence.
 * 1. Text is plain text, and all of it is spoken: `prepareText` keeps eSpeak's traps away.
 * 2. Nothing is remembered: every call sets the voice and all the numbers.
 */
export class Espeak {
  readonly catalogue: VoiceCatalogue
  readonly sampleRate: number
  #worker: EspeakWorker | undefined
  #identifier = ''

  private constructor(module: EspeakModule) {
    this.#worker = new module.eSpeakNGWorker()
    const variants = module.FS.readdir(VARIANTS_FOLDER).filter((name) => !name.startsWith('.'))
    this.catalogue = new VoiceCatalogue(this.#worker.list_voices(), variants)
    this.sampleRate = this.#worker.get_samplerate()
  }

  static async load(): Promise<Espeak> {
    return new Espeak(await load())
  }

  /** Text without a letter or a digit gives no samples; eSpeak by itself would read some signs out by name. */
  speak(text: string, settings: EspeakSettings, pronounced: readonly Pronounced[] = []): Utterance {
    const worker = this.#worker
    if (worker === undefined) throw new EngineClosedError('eSpeak NG was closed; create a new engine.')
    if (NOTHING_TO_SAY.test(text)) return { samples: new Int16Array(0), events: [] }
    this.#apply(worker, settings)
    const { ssml, offsets } = prepareText(text, pronounced)
    const chunks: Int16Array[] = []
    const events: SpeechEvent[] = []
    worker.synthesize(ssml, (pcm, raw) => {
      chunks.push(pcm)
      for (const event of raw) if (isSpeechEvent(event)) events.push(inPlainText(event, offsets))
      return false
    })
    return { samples: concatenate(chunks), events: withNasalWords(text, events) }
  }

  close(): void {
    this.#worker?.__destroy__()
    this.#worker = undefined
  }

  #apply(worker: EspeakWorker, { identifier, rate, pitch, range, volume }: EspeakSettings): void {
    // Loading a voice's files takes longer than saying a short word.
    if (identifier !== this.#identifier) {
      this.#identifier = ''
      if (worker.set_voice(identifier) !== 0) {
        throw new UnknownVoiceError(`eSpeak NG could not load the voice ${JSON.stringify(identifier)}.`)
      }
      this.#identifier = identifier
    }
    worker.set_rate(rate)
    worker.set_pitch(pitch)
    worker.set_range(range)
    worker.set_volume(volume)
  }
}

function isSpeechEvent(event: EspeakEvent): event is EspeakEvent & { type: SpeechEvent['type'] } {
  return event.type === 'word' || event.type === 'sentence' || event.type === 'phoneme'
}

function inPlainText(
  event: EspeakEvent & { type: SpeechEvent['type'] },
  offsets: readonly number[],
): SpeechEvent {
  const last = offsets.length - 1
  const first = Math.min(Math.max(event.text_position - 1, 0), last)
  const after = Math.min(first + Math.max(event.word_length, 0), last)
  return {
    type: event.type,
    start: Number(offsets[first]),
    end: Number(offsets[after]),
    at: event.audio_position,
    phoneme: event.type === 'phoneme' ? String(event.id) : '',
  }
}

function concatenate(chunks: readonly Int16Array[]): Int16Array {
  const joined = new Int16Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    joined.set(chunk, offset)
    offset += chunk.length
  }
  return joined
}
