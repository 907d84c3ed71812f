import { randomUUID } from 'node:crypto'
import { VoiceConflictError, VoiceNotFoundError } from '../exceptions.ts'
import type { Records } from '../records.ts'
import { PartCache } from '../speech/part-cache.ts'
import { speechKey, voiceKey } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import { type Consent, consentSchema } from './consent.ts'
import type { EnrolledVoice } from './enrolled-voice.ts'
import { Examiner } from './examiner.ts'
import { averaged, type MeasuredVoice } from './measured-voice.ts'
import { PreparedVoices } from './prepared-voices.ts'
import { type AcceptedRecording, RecordingStore, type SentRecording } from './recording-store.ts'
import { VoiceRegistry } from './voice-registry.ts'

/** Longer than an enrolment takes: one that is older was left by a process that was killed. */
const ABANDONED_MS = 10 * 60 * 1000
/** As if it had been begun long ago. */
const GIVEN_UP = new Date(0).toISOString()

export interface Enrolment {
  readonly email: string
  readonly recordings: readonly [SentRecording, ...SentRecording[]]
  readonly consent: Consent
  /** By which key, token or way the consent came in: whose word it is that it was given. */
  readonly enteredBy: string
  readonly name?: string
  readonly transcript?: string
  readonly keepOriginals?: boolean
  /** The same request sent again is the same enrolment. */
  readonly requestId?: string
}

/** What may be changed of a voice. */
export type VoiceChanges = Partial<Pick<EnrolledVoice, 'name' | 'transcript' | 'defaults'>>

export interface DeletedVoice {
  readonly email: string
  readonly recordings: number
  /** The newest of the speech that was made with it: it stays in the storage, and whoever has it has it. */
  readonly speech: readonly string[]
}

export interface VoiceServiceParts {
  readonly registry: VoiceRegistry
  readonly recordings: RecordingStore
  readonly prepared: Pick<PreparedVoices, 'forget'>
  readonly storage: Pick<Storage, 'delete' | 'stat'>
  /** What was spoken with the voice. */
  readonly cache: Pick<PartCache, 'forget'>
}

/**
 * Voices as their owners see them: enrol, look, change, delete, and who may speak with them. HTTP, the queue and the
 * command line are thin layers over this class.
 * 1. No voice without consent, and none without a recording that is good enough.
 * 2. Every file that is written for a voice is known before it is written, so that after a crash at any moment a
 *    deletion, or the next enrolment, leaves nothing behind.
 */
export class VoiceService {
  readonly registry: VoiceRegistry
  readonly #parts: VoiceServiceParts

  constructor(parts: VoiceServiceParts) {
    this.registry = parts.registry
    this.#parts = parts
  }

  /** Rejects RecordingError, or VoiceConflictError when there is a voice already. Then nothing is kept. */
  async enrol(enrolment: Enrolment): Promise<{ voice: EnrolledVoice; created: boolean }> {
    const { email, requestId = randomUUID() } = enrolment
    const consent = consentSchema.parse(enrolment.consent)
    const known = await this.registry.find(email)
    if (known !== undefined) return { voice: sameRequest(known, requestId), created: false }
    const accepted: AcceptedRecording[] = []
    for (const sent of enrolment.recordings) accepted.push(await this.#parts.recordings.examine(sent))
    const claim = await this.#claim(toVoice({ ...enrolment, consent, requestId }, accepted))
    if (claim.state === 'ready') return { voice: claim, created: false }
    try {
      for (const each of accepted) await this.#parts.recordings.write(email, each, claim.keepsOriginals)
      return { voice: await this.#finish(claim), created: true }
    } catch (error) {
      await this.#giveUp(claim).catch(() => {}) // what went wrong first says more; the next enrolment sees to the rest
      throw error
    }
  }

  /** Rejects VoiceNotFoundError. */
  change(email: string, changes: VoiceChanges): Promise<EnrolledVoice> {
    return this.registry.change(email, ({ transcript, version }) => ({
      ...changes,
      // What was said in a recording changes what some engines make of it.
      version: [transcript, undefined].includes(changes.transcript) ? version : randomUUID(),
    }))
  }

  /**
   * Recordings, what engines made of them, grants, consent and the log of uses. From its beginning on nobody can speak
   * with the voice; when it fails half-way, do it again. Rejects VoiceNotFoundError.
   */
  async delete(email: string): Promise<DeletedVoice> {
    const { recordings, version } = await this.registry.update(email, (voice) => {
      if (voice === undefined) throw new VoiceNotFoundError(`Nobody enrolled a voice for ${email}.`)
      return { ...voice, state: 'deleting' as const }
    })
    for (const recording of recordings) await this.#parts.recordings.delete(email, recording)
    await this.#parts.prepared.forget(email)
    await this.#parts.cache.forget(email)
    await this.#parts.storage.delete(voiceKey(email))
    const { uses } = await this.registry.uses(email)
    const speech = await this.#stored(email, new Set(uses.map(({ uuid }) => uuid)))
    await this.registry.forgetUses(email)
    await this.registry.update(email, (voice) => (voice?.version === version ? undefined : voice))
    return { email, recordings: recordings.length, speech }
  }

  /** What failed, was revoked, or was deleted by age left no speech, though the voice was used. */
  async #stored(email: string, uuids: ReadonlySet<string>): Promise<string[]> {
    const stored: string[] = []
    for (const uuid of uuids) {
      if (await this.#parts.storage.stat(speechKey(email, uuid))) stored.push(uuid)
    }
    return stored
  }

  /** When the claim was deleted or taken over meanwhile, its files are nobody's. */
  async #finish(claim: EnrolledVoice): Promise<EnrolledVoice> {
    const { email, version, recordings } = claim
    const isStill = (voice: EnrolledVoice | undefined) =>
      voice?.version === version && voice.state === 'enrolling'
    const voice = await this.registry.update(email, (voice) =>
      isStill(voice) ? { ...claim, state: 'ready' as const } : voice,
    )
    if (voice?.version === version && voice.state === 'ready') return voice
    for (const recording of recordings) await this.#parts.recordings.delete(email, recording)
    throw new VoiceConflictError(
      `The voice of ${email} was deleted or enrolled anew while it was being enrolled.`,
    )
  }

  /** What is written goes, and where that fails as well, the next enrolment takes it over at once. */
  async #giveUp({ email, version, recordings }: EnrolledVoice): Promise<void> {
    const leave = (left: (voice: EnrolledVoice) => EnrolledVoice | undefined) =>
      this.registry.update(email, (voice) =>
        voice?.version === version && voice.state === 'enrolling' ? left(voice) : voice,
      )
    await leave((voice) => ({ ...voice, createdAt: GIVEN_UP }))
    for (const recording of recordings) await this.#parts.recordings.delete(email, recording)
    await leave(() => undefined)
  }

  /** Of several at once, one has the name; what a killed one left is taken over. */
  async #claim(voice: EnrolledVoice): Promise<EnrolledVoice> {
    let left: EnrolledVoice | undefined
    const claimed = await this.registry.update(voice.email, (existing) => {
      left = existing
      if (existing === undefined || isAbandoned(existing, voice.requestId)) return voice
      return sameRequest(existing, voice.requestId)
    })
    if (left === undefined || left.version === claimed.version) return claimed
    for (const recording of left.recordings) await this.#parts.recordings.delete(voice.email, recording)
    return claimed
  }
}

/** With everything it is made of. */
export function createVoiceService(
  records: Records,
  storage: Storage,
  examiner: Pick<Examiner, 'examine'> = new Examiner(),
): VoiceService {
  return new VoiceService({
    registry: new VoiceRegistry(records),
    recordings: new RecordingStore(storage, examiner),
    prepared: new PreparedVoices(records),
    storage,
    cache: new PartCache({ storage, records, maxBytes: 0 }),
  })
}

function toVoice(
  { email, consent, enteredBy, name = '', transcript = '', keepOriginals = false, requestId = '' }: Enrolment,
  accepted: readonly AcceptedRecording[],
): EnrolledVoice {
  const now = new Date().toISOString()
  return {
    email,
    state: 'enrolling',
    version: randomUUID(),
    requestId,
    name,
    transcript,
    defaults: {},
    consent,
    enteredBy,
    recordings: accepted.map(({ stored }) => stored),
    keepsOriginals: keepOriginals,
    measured: averaged(accepted.map(({ examined }) => examined.measured) as [MeasuredVoice]),
    grants: [],
    createdAt: now,
    updatedAt: now,
  }
}

/** The same request comes again when whoever served it died. */
function isAbandoned({ state, createdAt, requestId }: EnrolledVoice, again: string): boolean {
  return state === 'enrolling' && (requestId === again || Date.parse(createdAt) < Date.now() - ABANDONED_MS)
}

/** @throws VoiceConflictError it is another one */
function sameRequest(voice: EnrolledVoice, requestId: string): EnrolledVoice {
  if (voice.state === 'ready' && voice.requestId === requestId) return voice
  const { email, state } = voice
  const remedy =
    state === 'ready'
      ? `${email} has a voice already; delete it first, with its grants, or change it.`
      : state === 'deleting'
        ? `The voice of ${email} is being deleted; delete it once more if that failed, then enrol it.`
        : `A voice of ${email} is being enrolled at this moment; look at it in a minute.`
  throw new VoiceConflictError(remedy)
}
