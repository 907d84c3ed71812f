import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type * as Sherpa from 'sherpa-onnx-node'
import * as z from 'zod'
import { toFloat32, toInt16 } from '../../audio/sound.ts'
import { EngineMissingError, InvalidVoiceError } from '../../exceptions.ts'
import { FAMILIES, type Family } from '../../models/families.ts'
import { MANIFEST, type Manifest, readManifest } from '../../models/manifest.ts'
import { ModelStore } from '../../models/model-store.ts'
import { isSpeakable } from '../../text/normalise.ts'
import { checkSettings } from '../check-settings.ts'
import type { Engine, EngineCapabilities, EngineSettings, Utterance } from '../engine.ts'
import { readOptions } from '../options.ts'
import { scaled } from '../scale.ts'
import { loadSherpa, openModel, type SherpaLibrary } from './model.ts'

const ONLY_NORMAL = Object.freeze({ min: 1, max: 1 })
/** Beyond, most models become hard to understand. */
const SPEED = Object.freeze({ min: 0.5, max: 2 })

const optionsSchema = z.strictObject({
  /** The folder of all models. */
  models: z.string().min(1),
  /** The name of one of them; needed when there are several. */
  model: z.string().min(1).optional(),
  /** More make one sentence faster, and all of them together slower. */
  threads: z.int().min(1).max(64).default(1),
})

/**
 * Neural voices by sherpa-onnx: the model of one folder, of any family. The computing is done by threads of the
 * library's own, and cannot be stopped in the middle of a sentence.
 */
export class SherpaEngine implements Engine {
  readonly name = 'sherpa'
  readonly sampleRate: number
  readonly capabilities: EngineCapabilities
  readonly identity: string
  readonly #library: SherpaLibrary
  readonly #manifest: Manifest
  readonly #family: Family
  #tts: Sherpa.OfflineTts | undefined

  constructor(library: SherpaLibrary, tts: Sherpa.OfflineTts, manifest: Manifest, identity: string) {
    this.#library = library
    this.#tts = tts
    this.#manifest = manifest
    this.#family = FAMILIES[manifest.family]
    this.identity = identity
    this.sampleRate = tts.sampleRate
    const { cloning } = this.#family
    this.capabilities = Object.freeze({
      languages: manifest.languages,
      voices: manifest.speakers,
      rate: SPEED,
      pitch: ONLY_NORMAL,
      range: ONLY_NORMAL,
      volume: { min: 0, max: 1 },
      ...(cloning !== undefined && { cloning }),
    })
  }

  async synthesize(sentence: string, wanted: EngineSettings, signal?: AbortSignal): Promise<Utterance> {
    signal?.throwIfAborted()
    const tts = this.#tts
    if (tts === undefined) throw new EngineMissingError('The engine sherpa is closed.')
    const settings = { ...wanted, ...checkSettings(this, wanted) }
    if (!isSpeakable(sentence)) return { samples: new Int16Array(), marks: [] }
    const { samples } = await tts.generateAsync({
      text: sentence,
      enableExternalBuffer: false,
      generationConfig: new this.#library.GenerationConfig(this.#generation(settings)),
    })
    signal?.throwIfAborted()
    return { samples: scaled(toInt16(samples), settings.volume), marks: [] }
  }

  /** The library frees a model when nothing refers to it any more. */
  async close(): Promise<void> {
    this.#tts = undefined
  }

  #generation(settings: EngineSettings): Sherpa.GenerationOptions {
    const { speakers, steps } = this.#manifest
    const { takesLanguage = false } = this.#family
    return {
      sid: Math.max(0, speakers.indexOf(settings.name)),
      speed: settings.rate,
      ...(steps !== undefined && { numSteps: steps }),
      ...(takesLanguage && { extra: { lang: settings.language.split('-', 1)[0] ?? '' } }),
      ...this.#reference(settings),
    }
  }

  #reference({ reference }: EngineSettings): Partial<Sherpa.GenerationOptions> {
    const { cloning } = this.#family
    if (cloning === undefined) return {}
    if (reference === undefined || (cloning === 'recording-and-transcript' && reference.transcript === '')) {
      const needed = cloning === 'recording' ? 'a recording' : 'a recording and what is said in it'
      throw new InvalidVoiceError(
        `A model of the family ${this.#manifest.family} speaks in no voice of its own: it needs ${needed}. ` +
          `Enrol a voice, or choose another engine.`,
      )
    }
    const { samples, sampleRate, transcript } = reference
    return {
      referenceAudio: toFloat32(samples),
      referenceSampleRate: sampleRate,
      ...(transcript !== '' && { referenceText: transcript }),
    }
  }
}

export async function createEngine(given: unknown): Promise<SherpaEngine> {
  const { models, model, threads } = readOptions('sherpa', optionsSchema, given)
  const name = model ?? (await new ModelStore(models).only())
  const folder = join(models, name)
  const manifest = await readManifest(folder)
  const library = await loadSherpa()
  const { mtimeMs } = await stat(join(folder, MANIFEST)) // a model that was got anew is another one
  const identity = JSON.stringify([name, manifest, mtimeMs])
  return new SherpaEngine(library, await openModel(library, folder, manifest, threads), manifest, identity)
}
