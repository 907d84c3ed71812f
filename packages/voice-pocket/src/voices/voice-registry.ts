import { NoGrantError, VoiceConflictError, VoiceNotFoundError } from '../exceptions.ts'
import type { Records } from '../records.ts'
import { type EnrolledVoice, enrolledVoiceSchema, isGranted } from './enrolled-voice.ts'

const VOICE = 'voice/'
const USES = 'voice-uses/'
const REFUSALS = 'voice-refusals/'
/** Of the newest uses, and as many refusals; older ones are forgotten. */
export const LOG_LENGTH = 1_000
/** More would make the document heavy that every request reads. */
const MAX_GRANTS = 1_000

const DAY_MS = 24 * 60 * 60 * 1000

/** A request to speak. */
export interface VoiceUse {
  readonly uuid: string
  readonly requestFrom: string
  readonly requestTo: string
}

export interface LoggedUse {
  readonly at: string
  readonly uuid: string
  readonly by: string
}

/**
 * Whose voices there are, and who may speak with them: what every process of the service must agree on. Consent and
 * grants are kept here, below HTTP, the queue and the command line, so that none of them can be a way around.
 */
export class VoiceRegistry {
  readonly #records: Records
  readonly #now: () => Date

  constructor(records: Records, now = () => new Date()) {
    this.#records = records
    this.#now = now
  }

  /** `undefined` for somebody without a voice of their own, also while it is being enrolled or deleted. */
  async find(email: string): Promise<EnrolledVoice | undefined> {
    const voice = toVoice(await this.#records.get(VOICE + email))
    return voice?.state === 'ready' ? voice : undefined
  }

  /** Rejects VoiceNotFoundError. */
  async get(email: string): Promise<EnrolledVoice> {
    return (await this.find(email)) ?? notFound(email)
  }

  /** In the order of their addresses. */
  async list(): Promise<EnrolledVoice[]> {
    const records = await this.#records.list(VOICE)
    return records
      .map(({ value }) => enrolledVoiceSchema.parse(value))
      .filter(({ state }) => state === 'ready')
  }

  /**
   * What `change` makes of the voice, in one step; it may throw. `undefined` stands for "is not there", both ways.
   * Nothing is written that could not be read again: one such record would be in the way of every list.
   */
  update<Changed extends EnrolledVoice | undefined>(
    email: string,
    change: (voice: EnrolledVoice | undefined) => Changed,
  ): Promise<Changed> {
    return this.#records.update(VOICE + email, (value) => {
      const changed = change(toVoice(value))
      if (changed !== undefined) enrolledVoiceSchema.parse(changed)
      return changed
    })
  }

  /** Rejects VoiceNotFoundError. */
  change(email: string, change: (voice: EnrolledVoice) => Partial<EnrolledVoice>): Promise<EnrolledVoice> {
    return this.update(email, (voice) => {
      if (voice?.state !== 'ready') return notFound(email)
      return { ...voice, ...change(voice), updatedAt: this.#now().toISOString() }
    })
  }

  /** Twice is fine. Rejects VoiceNotFoundError or VoiceConflictError. */
  grant(owner: string, other: string): Promise<EnrolledVoice> {
    return this.change(owner, (voice) => {
      if (isGranted(voice, other)) return {}
      if (voice.grants.length >= MAX_GRANTS) {
        throw new VoiceConflictError(
          `${owner} has granted ${MAX_GRANTS} people their voice; revoke one first.`,
        )
      }
      return { grants: [...voice.grants, { email: other, at: this.#now().toISOString() }] }
    })
  }

  /** From the next request on; twice is fine. Rejects VoiceNotFoundError. */
  revoke(owner: string, other: string): Promise<EnrolledVoice> {
    return this.change(owner, ({ grants }) => ({ grants: grants.filter(({ email }) => email !== other) }))
  }

  /**
   * The enrolled voice that the request would speak with, if it may; `undefined` when there is none: then anybody may
   * ask, and a default voice speaks. Rejects NoGrantError, of which the owner can see.
   */
  async permit(use: VoiceUse): Promise<EnrolledVoice | undefined> {
    const voice = await this.find(use.requestTo)
    if (voice === undefined || isGranted(voice, use.requestFrom)) return voice
    await this.#log(REFUSALS, use)
    throw new NoGrantError(
      `${use.requestTo} has not granted ${use.requestFrom} the use of their voice; ask them for it.`,
    )
  }

  /**
   * In the middle of a text: the voice that it began with, as it is now, if it may still speak. `enrolledAt` is that
   * voice's `createdAt`; a text that began with nobody's voice goes on with it. Rejects NoGrantError: the grant was
   * revoked, of which the owner can see once for each text, or the voice was deleted, and with it all grants.
   */
  async permitStill(use: VoiceUse, enrolledAt: string | undefined): Promise<EnrolledVoice | undefined> {
    if (enrolledAt === undefined) return undefined
    const voice = await this.find(use.requestTo)
    if (voice?.createdAt !== enrolledAt) {
      throw new NoGrantError(
        `The voice of ${use.requestTo} was deleted while it spoke this text; nothing is kept of it.`,
      )
    }
    if (isGranted(voice, use.requestFrom)) return voice
    const refused = await this.#records.count(`voice-refused/${use.requestTo}/${use.uuid}`, 1, DAY_MS)
    if (refused.total === 1) await this.#log(REFUSALS, use)
    throw new NoGrantError(
      `${use.requestTo} revoked the grant of ${use.requestFrom} while this text was spoken; nothing is kept of it.`,
    )
  }

  /** The voice speaks. */
  async logUse(use: VoiceUse): Promise<void> {
    await this.#log(USES, use)
  }

  /** Newest first. */
  async uses(email: string, limit = LOG_LENGTH): Promise<{ uses: LoggedUse[]; refusals: LoggedUse[] }> {
    const [uses, refusals] = await Promise.all(
      [USES, REFUSALS].map((log) => this.#records.entries(log + email, limit)),
    )
    return { uses: uses as LoggedUse[], refusals: refusals as LoggedUse[] }
  }

  async forgetUses(email: string): Promise<void> {
    await Promise.all([USES, REFUSALS].map((log) => this.#records.erase(log + email)))
  }

  async #log(log: string, { uuid, requestFrom, requestTo }: VoiceUse): Promise<void> {
    const entry: LoggedUse = { at: this.#now().toISOString(), uuid, by: requestFrom }
    await this.#records.append(log + requestTo, entry, LOG_LENGTH)
  }
}

function toVoice(value: unknown): EnrolledVoice | undefined {
  return value === undefined ? undefined : enrolledVoiceSchema.parse(value)
}

function notFound(email: string): never {
  throw new VoiceNotFoundError(`Nobody enrolled a voice for ${email}.`)
}
