import { UnauthenticatedError } from '../exceptions.ts'
import { OPEN_CALLER } from './access.ts'
import type { Admission, Authenticator } from './authenticator.ts'

export const AUTHENTICATION_MODES = ['auto', 'required', 'off'] as const
/** `auto`: from the first key on, or with an identity provider. `off`: somebody else asks who callers are. */
export type AuthenticationMode = (typeof AUTHENTICATION_MODES)[number]

export interface GateOptions {
  readonly mode: AuthenticationMode
  readonly authenticators: readonly Authenticator[]
  /** Whether there is something to be authenticated by; once it is so, it stays so. */
  isConfigured(): Promise<boolean>
}

const EVERYBODY: Admission = Object.freeze({ caller: OPEN_CALLER, quotas: [] })

/** Who is let in, and as whom. */
export class Gate {
  readonly mode: AuthenticationMode
  readonly #options: GateOptions
  #isClosed: boolean

  constructor(options: GateOptions) {
    this.mode = options.mode
    this.#options = options
    this.#isClosed = options.mode === 'required'
  }

  /** Whether everybody is let in. A key that another process creates closes it, and nothing opens it again. */
  async isOpen(): Promise<boolean> {
    if (this.mode === 'off') return true
    this.#isClosed ||= await this.#options.isConfigured()
    return !this.#isClosed
  }

  /**
   * The first authenticator that knows the kind of the credential has the say. While the gate is open credentials
   * are not looked at: many clients cannot but send one. Rejects UnauthenticatedError.
   */
  async admit(credential: string | undefined): Promise<Admission> {
    if (await this.isOpen()) return EVERYBODY
    if (credential === undefined) throw new UnauthenticatedError('Send an API key, or a token.')
    for (const authenticator of this.#options.authenticators) {
      const admission = await authenticator.authenticate(credential)
      if (admission) return admission
    }
    throw new UnauthenticatedError(
      'The credential is neither an API key (vp_…) nor a token that is taken here.',
    )
  }
}
