/**
 * A Lamport clock: it orders what happens in many processes without comparing their wall clocks. `forward` before
 * sending, `adjust` on receiving (https://en.wikipedia.org/wiki/Lamport_timestamp).
 */
export class LamportClock {
  #value: number

  constructor(initial = 0) {
    this.#value = initial
  }

  get value(): number {
    return this.#value
  }

  /** One further; the new value goes out with the message. */
  forward(): number {
    this.#value += 1
    return this.#value
  }

  /** Past what another process has reached. What is not a number of events changes nothing but one's own step. */
  adjust(other: unknown): number {
    const theirs = Number(other)
    this.#value = Math.max(this.#value, Number.isSafeInteger(theirs) ? theirs : 0) + 1
    return this.#value
  }
}
