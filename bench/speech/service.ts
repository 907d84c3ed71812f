import { randomUUID } from 'node:crypto'
import { follow } from '../../packages/voice-pocket/test/end-to-end/events.ts'
import { Workspace } from '../../packages/voice-pocket/test/end-to-end/workspace.ts'

const WAV_HEADER_BYTES = 44
const BYTES_PER_SECOND = 2 * 22_050

/** `voice-pocket serve`, in a folder of its own, as its callers know it. */
export class Service implements AsyncDisposable {
  readonly api: string
  /** Of the process whose children speak. */
  readonly pid: number
  readonly #end: AsyncDisposableStack

  private constructor(api: string, pid: number, end: AsyncDisposableStack) {
    this.api = api
    this.pid = pid
    this.#end = end
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<Service> {
    const stack = new AsyncDisposableStack()
    const workspace = await Workspace.open({ after: (end) => stack.defer(end) })
    const { api, program } = await workspace.serve(env)
    stack.defer(async () => void (await program.stop()))
    return new Service(api, Number(program.process.pid), stack)
  }

  async ask(text: string, email = 'reader@example.com'): Promise<string> {
    const uuid = randomUUID()
    const body = JSON.stringify({ uuid, email, text })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(this.api, { method: 'POST', headers, body })
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`)
    return uuid
  }

  async ended(uuid: string): Promise<void> {
    const last = (await follow(`${this.api}/${uuid}/events`)).at(-1)
    if (last?.state !== 'SUCCESS') throw new Error(JSON.stringify(last))
  }

  /** Resolves when the first of it can be heard, while the rest is being made. */
  async begun(uuid: string): Promise<void> {
    const response = await fetch(`${this.api}/${uuid}/audio?follow=1`)
    let bytes = 0
    for await (const piece of response.body ?? []) {
      bytes += piece.length
      if (bytes > WAV_HEADER_BYTES) return
    }
    throw new Error(`${uuid}: ${response.status}, ${bytes} bytes`)
  }

  /** Of sound. */
  async seconds(uuid: string): Promise<number> {
    const response = await fetch(`${this.api}/${uuid}/audio`, { method: 'HEAD' })
    return (Number(response.headers.get('content-length')) - WAV_HEADER_BYTES) / BYTES_PER_SECOND
  }

  async cancel(uuid: string): Promise<void> {
    await fetch(`${this.api}/${uuid}`, { method: 'DELETE' })
    await follow(`${this.api}/${uuid}/events`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end.disposeAsync()
  }
}

export function secondsSince(began: number): number {
  return (performance.now() - began) / 1000
}
