import { ForbiddenError, MalformedMessageError, SpeechNotFoundError } from '../exceptions.ts'
import type { Accepted } from '../handlers.ts'
import type { SpeechRequest } from '../messages.ts'
import { DEFAULT_PRIORITY, HIGHEST_PRIORITY } from '../priority.ts'
import type { WantedEncoding } from '../speech/encodings.ts'
import type { SpeechIndex } from '../speech-index.ts'
import type { SpeechService } from '../speech-service.ts'
import { assertMayActFor, type Caller, mayActFor } from './access.ts'
import type { Meter } from './meter.ts'

/** Who asks, and what they have left. */
export interface Asker {
  readonly caller: Caller
  readonly meter: Pick<Meter, 'spend' | 'giveBack'>
}

export interface GuardedSpeechParts {
  readonly service: SpeechService
  readonly index: Pick<SpeechIndex, 'get' | 'parties'>
  /** Whether this person has a voice, of which they say themselves who may use it. */
  hasVoice(email: string): Promise<boolean>
  /** The highest priority that who does not act for everybody may ask for, unless their key says otherwise. */
  readonly userPriority: number
}

/**
 * The speech service as one caller may use it. Routes get this, and never the service itself.
 * 1. Who asks must be somebody the caller acts for. Whether they may use the voice is for its owner to say; where there
 *    is none, nobody else has speech made in an owner's name.
 * 2. How urgent it is, is bounded by the key, or else by the service for those who do not act for everybody.
 * 3. Look at, follow, listen to, caption and cancel: whoever acts for the one who asked, or for the owner of the voice.
 *    To everybody else the request does not exist.
 */
export class GuardedSpeech {
  readonly #parts: GuardedSpeechParts
  readonly #asker: Asker

  constructor(parts: GuardedSpeechParts, asker: Asker) {
    this.#parts = parts
    this.#asker = asker
  }

  /** Rejects ForbiddenError, QuotaExceededError, and as the service does. */
  async request(wanted: SpeechRequest): Promise<Accepted> {
    const { service, index } = this.#parts
    assertMayActFor(this.#asker.caller, wanted.requestFrom)
    const request = this.#bounded(wanted)
    // What was asked for before is not made again, so it costs nothing.
    if (!(await index.get(request.uuid))) {
      await this.#assertMayUseVoice(request)
      const accepted = await this.#pay(request.text, () => service.request(request))
      if (accepted.created) return accepted
    }
    if (!(await this.#isTheirs(request.uuid))) throw uuidTaken(request)
    return service.request(request)
  }

  async status(uuid: string) {
    await this.#assertTheirs(uuid)
    return this.#parts.service.status(uuid)
  }

  async watch(uuid: string, signal: AbortSignal) {
    await this.#assertTheirs(uuid)
    return this.#parts.service.watch(uuid, signal)
  }

  async audio(uuid: string, wanted: WantedEncoding) {
    await this.#assertTheirs(uuid)
    return this.#parts.service.audio(uuid, wanted)
  }

  async follow(uuid: string, signal: AbortSignal) {
    await this.#assertTheirs(uuid)
    return this.#parts.service.follow(uuid, signal)
  }

  async timeline(uuid: string) {
    await this.#assertTheirs(uuid)
    return this.#parts.service.timeline(uuid)
  }

  async cancel(uuid: string) {
    await this.#assertTheirs(uuid)
    return this.#parts.service.cancel(uuid)
  }

  /** Who says nothing gets what others get, as far as they may. */
  #bounded(request: SpeechRequest): SpeechRequest {
    const { caller } = this.#asker
    const { maxPriority = caller.emails === 'any' ? HIGHEST_PRIORITY : this.#parts.userPriority } = caller
    const { priority = DEFAULT_PRIORITY } = request
    if (priority <= maxPriority) return request
    if (request.priority === undefined) return { ...request, priority: maxPriority }
    throw new ForbiddenError(
      `${caller.id} may ask for a priority of at most ${maxPriority}, and not for ${priority}; ask for less, or leave it out.`,
    )
  }

  /** What is refused costs nothing, and neither does what somebody else began at the same moment. */
  async #pay(text: string, ask: () => Promise<Accepted>): Promise<Accepted> {
    const { meter } = this.#asker
    const characters = Array.from(text).length
    await meter.spend('characters', characters)
    let created = false
    try {
      const accepted = await ask()
      created = accepted.created
      return accepted
    } finally {
      if (!created) await meter.giveBack('characters', characters)
    }
  }

  /** In the same words as for a voice that is there and was not granted. */
  async #assertMayUseVoice(request: SpeechRequest): Promise<void> {
    const { requestFrom, requestTo } = request
    if (mayActFor(this.#asker.caller, requestTo) || (await this.#parts.hasVoice(requestTo))) return
    const detail = `requestTo: ${requestTo} has not granted ${requestFrom} the use of their voice; ask them for it.`
    throw new MalformedMessageError('no_grant', detail, request)
  }

  /** In the same words as for a uuid nobody ever used. */
  async #assertTheirs(uuid: string): Promise<void> {
    if (await this.#isTheirs(uuid)) return
    throw new SpeechNotFoundError(`No speech was asked for as ${uuid}, or it has been forgotten.`)
  }

  async #isTheirs(uuid: string): Promise<boolean> {
    const { caller } = this.#asker
    if (caller.emails === 'any') return true
    const parties = await this.#parts.index.parties(uuid)
    return parties !== undefined && Object.values(parties).some((email) => mayActFor(caller, email))
  }
}

function uuidTaken({ uuid }: SpeechRequest): MalformedMessageError {
  const detail = `uuid: ${uuid} is the name of another request; send a new one.`
  return new MalformedMessageError('uuid_taken', detail, { uuid })
}
