import { text } from 'node:stream/consumers'
import * as z from 'zod'
import { VoiceProfileError } from '../exceptions.ts'
import { voiceKey } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import { type Voice, voiceSchema } from './voice.ts'

const profileSchema = z.object({
  version: z.literal(1),
  createdAt: z.iso.datetime(),
  voice: voiceSchema,
})

/**
 * Remembers how each person sounds: one small file beside their speech, `<email>/voice.json`.
 * Of several processes that meet somebody for the first time, one writes the file and all read the same.
 */
export class VoiceStore {
  readonly #storage: Pick<Storage, 'create' | 'read' | 'stat'>

  constructor(storage: Pick<Storage, 'create' | 'read' | 'stat'>) {
    this.#storage = storage
  }

  async isSet(email: string): Promise<boolean> {
    return (await this.#storage.stat(voiceKey(email))) !== undefined
  }

  /** Gives a person a voice who has none; a voice that is already there stays as it is. */
  async addSynth(email: string, voice: Voice): Promise<void> {
    const profile = { version: 1, createdAt: new Date().toISOString(), voice: voiceSchema.parse(voice) }
    await this.#storage.create(voiceKey(email), Buffer.from(`${JSON.stringify(profile, null, 2)}\n`))
  }

  /** Rejects StoredObjectNotFoundError for somebody without a voice. */
  async load(email: string): Promise<Voice> {
    const key = voiceKey(email)
    const content = await text(await this.#storage.read(key))
    try {
      return profileSchema.parse(JSON.parse(content)).voice
    } catch (cause) {
      throw new VoiceProfileError(
        `${key} is not the profile of a voice. Correct it, or delete it to begin anew.`,
        {
          cause,
        },
      )
    }
  }
}
