import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import type { Engine } from '../engines/engine.ts'
import { KeptWarm, type WarmCounts } from '../kept-warm.ts'
import type { Records } from '../records.ts'
import type { EnrolledVoice } from './enrolled-voice.ts'
import { type Voice, voiceSchema } from './voice.ts'

/** How long one that died while it prepared a voice keeps others from doing it. */
const LEASE_MS = 30_000
const RECHECK_MS = 50
/** Of prepared voices; each is some hundred bytes. */
const WARM_VOICES = 500

const preparedSchema = z.union([
  z.object({ voice: voiceSchema }),
  z.object({ token: z.string(), until: z.number() }),
])

/** Somebody's voice, or who is at it. */
type Prepared = z.output<typeof preparedSchema>
type Prepare = () => Promise<Voice>

/**
 * What each engine made of each enrolled voice: made once, by whichever worker needs it first, however many do. A
 * process keeps those it used last; another version of a voice is another voice.
 */
export class PreparedVoices {
  readonly #records: Records
  readonly #warm: KeptWarm<Voice>

  constructor(records: Records, capacity = WARM_VOICES) {
    this.#records = records
    this.#warm = new KeptWarm(capacity)
  }

  /** Those that this process has at hand. */
  get warm(): WarmCounts {
    return this.#warm
  }

  async isPrepared(owner: EnrolledVoice, engine: Pick<Engine, 'name'>): Promise<boolean> {
    return this.#warm.has(keyOf(owner, engine.name)) || (await this.find(owner, engine)) !== undefined
  }

  /** `undefined` when nobody prepared it yet, or somebody is at it. */
  async find(owner: EnrolledVoice, engine: Pick<Engine, 'name'>): Promise<Voice | undefined> {
    const key = keyOf(owner, engine.name)
    const warm = this.#warm.get(key)
    if (warm !== undefined) return warm
    const record = toRecord(await this.#records.get(key))
    return record && 'voice' in record ? this.#keep(key, record.voice) : undefined
  }

  /** Resolves when it is prepared, by this process or by another. */
  async add(owner: EnrolledVoice, engine: Pick<Engine, 'name'>, prepare: Prepare): Promise<Voice> {
    const key = keyOf(owner, engine.name)
    const token = randomUUID()
    for (;;) {
      const record = toRecord(await this.#records.get(key))
      const now = await this.#records.now()
      const claim = isFree(record, now) ? await this.#claim(key, token, now) : record
      if ('voice' in claim) return this.#keep(key, claim.voice)
      if (claim.token === token) return this.#keep(key, await this.#prepare(key, token, prepare))
      await delay(RECHECK_MS)
    }
  }

  /** Of all engines and versions. Processes that have it warm ask for it no more: its version is gone. */
  async forget(email: string): Promise<void> {
    for (const { key } of await this.#records.list(prefixOf(email))) await this.#records.delete(key)
  }

  #claim(key: string, token: string, now: number): Promise<Prepared> {
    return this.#records.update(key, (value): Prepared => {
      const record = toRecord(value)
      return isFree(record, now) ? { token, until: now + LEASE_MS } : record
    })
  }

  async #prepare(key: string, token: string, prepare: Prepare): Promise<Voice> {
    try {
      const voice = voiceSchema.parse(await prepare())
      // Gone, when the voice was deleted meanwhile: nothing is left of it then.
      await this.#records.update(key, (value) => (value === undefined ? undefined : { voice }))
      return voice
    } catch (error) {
      await this.#records.update(key, (value) => {
        const record = toRecord(value)
        return record && 'token' in record && record.token === token ? undefined : record
      })
      throw error
    }
  }

  #keep(key: string, voice: Voice): Voice {
    this.#warm.keep(key, voice)
    this.#warm.evict()
    return voice
  }
}

function prefixOf(email: string): string {
  return `voice-prepared/${email}/`
}

function keyOf({ email, version }: Pick<EnrolledVoice, 'email' | 'version'>, engine: string): string {
  return `${prefixOf(email)}${version}/${engine}`
}

function toRecord(value: unknown): Prepared | undefined {
  return value === undefined ? undefined : preparedSchema.parse(value)
}

/** Nobody began, or whoever did has died; by the clock that all share. */
function isFree(record: Prepared | undefined, now: number): record is undefined {
  return record === undefined || ('until' in record && record.until <= now)
}
