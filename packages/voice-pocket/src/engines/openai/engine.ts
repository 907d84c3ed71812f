import { fromBytes, toBytes } from '../../audio/pcm.ts'
import { toFloat32 } from '../../audio/sound.ts'
import { wavHeader } from '../../audio/wav.ts'
import { EngineMissingError, SynthesisError } from '../../exceptions.ts'
import { isSpeakable } from '../../text/normalise.ts'
import { atRate, readAnswer } from '../answered-sound.ts'
import { checkSettings } from '../check-settings.ts'
import type { Engine, EngineCapabilities, EngineSettings, ReferenceRecording, Utterance } from '../engine.ts'
import { scaled } from '../scale.ts'
import { OpenAiClient } from './client.ts'
import { type OpenAiOptions, openAiOptions } from './options.ts'

/** What the form has no field for. */
const ONLY_NORMAL = Object.freeze({ min: 1, max: 1 })
/** As OpenAI has it. */
const SPEED = Object.freeze({ min: 0.25, max: 4 })

/**
 * Any server that has OpenAI's `POST /v1/audio/speech`: https://platform.openai.com/docs/api-reference/audio/createSpeech.
 * A recording to take the voice from goes along as `ref_audio` (a WAV in base64) and `ref_text`, the names that servers
 * of cloning models have agreed on.
 */
export class OpenAiEngine implements Engine {
  readonly name = 'openai'
  readonly sampleRate: number
  readonly capabilities: EngineCapabilities
  readonly identity: string
  readonly #options: OpenAiOptions
  readonly #client: OpenAiClient
  readonly #closed = new AbortController()

  constructor(options: OpenAiOptions) {
    this.#options = options
    this.#client = new OpenAiClient(options)
    this.sampleRate = options.sampleRate
    this.identity = identityOf(options)
    this.capabilities = Object.freeze({
      languages: options.languages,
      voices: options.voices,
      rate: SPEED,
      pitch: ONLY_NORMAL,
      range: ONLY_NORMAL,
      volume: { min: 0, max: 1 },
      instructions: options.instructions,
      ...(options.cloning !== undefined && { cloning: options.cloning }),
    })
  }

  async synthesize(sentence: string, wanted: EngineSettings, signal?: AbortSignal): Promise<Utterance> {
    signal?.throwIfAborted()
    this.#closed.signal.throwIfAborted()
    const settings = { ...wanted, ...checkSettings(this, wanted) }
    if (!isSpeakable(sentence)) return { samples: new Int16Array(), marks: [] }
    const either = signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal])
    const answer = await this.#client.speech(this.#request(sentence, settings), either)
    return { samples: scaled(await this.#read(answer), settings.volume), marks: [] }
  }

  check(signal?: AbortSignal): Promise<void> {
    return this.#client.check(signal)
  }

  async close(): Promise<void> {
    this.#closed.abort(new EngineMissingError('The engine openai is closed.'))
  }

  #request(input: string, { name, language, rate, reference, instructions }: EngineSettings): object {
    const { model, format, voices, languageField, extra } = this.#options
    return {
      model,
      input,
      voice: name === '' ? voices[0] : name,
      response_format: format,
      speed: rate,
      ...(languageField !== undefined && { [languageField]: language }),
      ...(reference !== undefined && referenceFields(reference)),
      ...extra,
      ...(instructions !== undefined && { instructions }),
    }
  }

  async #read(answer: Uint8Array): Promise<Int16Array> {
    if (answer.length === 0) throw new SynthesisError('It answered nothing.')
    if (this.#options.format !== 'pcm') return readAnswer(answer, this.sampleRate)
    if (answer.length % 2 === 0) {
      return atRate(toFloat32(fromBytes(answer)), this.#options.pcmSampleRate, this.sampleRate)
    }
    throw new SynthesisError(
      `It answered ${answer.length} bytes of PCM, which are no whole samples of 16 bits.`,
    )
  }
}

export async function createEngine(options: unknown): Promise<OpenAiEngine> {
  return new OpenAiEngine(openAiOptions(options))
}

/** All that changes the sound; how the server is asked for it does not. */
function identityOf({
  apiKey: _key,
  timeout: _timeout,
  retries: _retries,
  ...sounding
}: OpenAiOptions): string {
  return JSON.stringify(sounding)
}

function referenceFields({ samples, sampleRate, transcript }: ReferenceRecording): object {
  const bytes = toBytes(samples)
  const wav = Buffer.concat([wavHeader(sampleRate, bytes.length), bytes])
  return { ref_audio: wav.toString('base64'), ...(transcript !== '' && { ref_text: transcript }) }
}
