/** A server that answers `POST /v1/audio/speech` like OpenAI's, and misbehaves when a test says so. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { RATE, toneFor, wavOf } from './fake-sound.ts'

export interface SpeechBody {
  readonly input: string
  readonly voice: string
  readonly speed: number
  readonly response_format: string
  readonly [field: string]: unknown
}

/** What a test has the server do instead, once for each request. */
export type Misbehaviour = (response: ServerResponse, body: SpeechBody) => void

export class OpenAiServer implements AsyncDisposable {
  readonly asked: SpeechBody[] = []
  readonly keys: (string | undefined)[] = []
  /** In the order of the requests; afterwards it behaves. */
  readonly misbehaviours: Misbehaviour[] = []
  /** Requests whose caller has gone before they were answered. */
  readonly abandoned = Promise.withResolvers<void>()
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  static async start(): Promise<OpenAiServer> {
    const server = new OpenAiServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/v1/models') return void response.end('{"object":"list","data":[]}')
    const body = (await json(request)) as SpeechBody
    this.asked.push(body)
    this.keys.push(request.headers.authorization)
    response.once('close', () => {
      if (!response.writableFinished) this.abandoned.resolve()
    })
    const misbehave = this.misbehaviours.shift()
    if (misbehave) return misbehave(response, body)
    const { input: text, voice, speed } = body
    const samples = toneFor({ text, voice, speed })
    if (body.response_format === 'pcm') {
      return void response.setHeader('Content-Type', 'audio/pcm').end(Buffer.from(samples.buffer))
    }
    response.setHeader('Content-Type', 'audio/wav').end(wavOf(samples, RATE))
  }
}
