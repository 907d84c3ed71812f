import type { Channel } from './transport/base.ts'

/** A channel that is opened when it is first needed and again after it died; concurrent callers share one opening. */
export class RenewableChannel {
  readonly #open: () => Promise<Channel>
  #channel: Channel | undefined
  #opening: Promise<Channel> | undefined

  constructor(open: () => Promise<Channel>) {
    this.#open = open
  }

  async get(): Promise<Channel> {
    if (this.#channel?.isOpen) return this.#channel
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    this.#channel = await this.#opening
    return this.#channel
  }

  /** Closes the channel if there is one; `get` opens the next. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined)
    await this.#channel?.close()
  }
}
