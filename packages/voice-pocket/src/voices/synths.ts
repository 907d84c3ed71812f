import type { Engine, ReferenceRecording } from '../engines/engine.ts'
import { VoiceConflictError } from '../exceptions.ts'
import { KeptWarm, type WarmCounts } from '../kept-warm.ts'
import { inVoiceOf } from './cloned-speech.ts'
import type { EnrolledVoice } from './enrolled-voice.ts'
import type { PreparedVoices } from './prepared-voices.ts'
import type { RecordingStore } from './recording-store.ts'
import { DEFAULT_VOICE, type Voice } from './voice.ts'
import type { VoiceRegistry } from './voice-registry.ts'
import type { VoiceStore } from './voice-store.ts'

/** Of recordings that are kept in memory for engines that clone: each has some megabytes. */
const WARM_REFERENCES = 8

/** Whose voice is to speak, and what they enrolled, if anything. */
export interface Person {
  readonly email: string
  readonly enrolled?: EnrolledVoice | undefined
}

export interface SynthsParts {
  readonly registry: Pick<VoiceRegistry, 'find'>
  readonly recordings: Pick<RecordingStore, 'read'>
  readonly prepared: PreparedVoices
  readonly profiles: VoiceStore
}

/**
 * The voices that a worker speaks with, as the steps of its task: is the voice set up (`isSet`), set it up
 * (`addSynth`), take it (`load`). An enrolled voice is set up for each engine; whoever has none gets the default, once.
 */
export class Synths {
  readonly #parts: SynthsParts
  readonly #references = new KeptWarm<ReferenceRecording>(WARM_REFERENCES)

  constructor(parts: SynthsParts) {
    this.#parts = parts
  }

  /** Of those that this process has at hand. */
  get warm(): { readonly voice: WarmCounts; readonly recording: WarmCounts } {
    return { voice: this.#parts.prepared.warm, recording: this.#references }
  }

  async isSet({ email, enrolled }: Person, engine: Engine): Promise<boolean> {
    const { prepared, profiles } = this.#parts
    if (enrolled === undefined) return profiles.isSet(email)
    return prepared.isPrepared(enrolled, engine)
  }

  /** Rejects VoiceConflictError when the voice was deleted or changed meanwhile. */
  async addSynth({ email, enrolled }: Person, engine: Engine): Promise<void> {
    const { prepared, profiles } = this.#parts
    if (enrolled === undefined) return profiles.addSynth(email, DEFAULT_VOICE)
    await prepared.add(enrolled, engine, () => this.#prepare(enrolled, engine))
    if (await this.isCurrent({ email, enrolled })) return
    await prepared.forget(email)
    throw new VoiceConflictError(`The voice of ${email} was changed while it was made ready; ask again.`)
  }

  async load({ email, enrolled }: Person, engine: Engine): Promise<Voice> {
    const { prepared, profiles } = this.#parts
    if (enrolled === undefined) return profiles.load(email)
    const found = await prepared.find(enrolled, engine)
    return found ?? prepared.add(enrolled, engine, () => this.#prepare(enrolled, engine))
  }

  /** Whether nobody deleted or changed the voice meanwhile, or enrolled one where there was none. */
  async isCurrent({ email, enrolled }: Person): Promise<boolean> {
    return (await this.#parts.registry.find(email))?.version === enrolled?.version
  }

  /** Which engine is asked first, if the owner or the profile says one. */
  async firstEngine({ email, enrolled }: Person): Promise<string | undefined> {
    const { profiles } = this.#parts
    if (enrolled !== undefined) return enrolled.defaults.engine
    return (await profiles.isSet(email)) ? (await profiles.load(email)).engine : undefined
  }

  /** The engine, such that it clones the enrolled voice, if it can and there is one. */
  async speaking({ enrolled }: Person, engine: Engine): Promise<Engine> {
    if (engine.capabilities.cloning === undefined || enrolled === undefined) return engine
    return inVoiceOf(engine, await this.#reference(enrolled), enrolled.version)
  }

  async #prepare(enrolled: EnrolledVoice, engine: Engine): Promise<Voice> {
    if (engine.prepare === undefined) return DEFAULT_VOICE
    const recordings = enrolled.recordings.map((each) => this.#read(enrolled, each))
    return engine.prepare(await Promise.all(recordings), enrolled.measured)
  }

  async #reference(enrolled: EnrolledVoice): Promise<ReferenceRecording> {
    const { version, recordings } = enrolled
    const warm = this.#references.get(version)
    if (warm !== undefined) return warm
    const reference = await this.#read(enrolled, recordings[0] as { id: string })
    this.#references.keep(version, reference)
    this.#references.evict()
    return reference
  }

  async #read({ email, transcript }: EnrolledVoice, recording: { id: string }): Promise<ReferenceRecording> {
    return { ...(await this.#parts.recordings.read(email, recording)), transcript }
  }
}
