import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Logger } from '@voice-pocket/celery'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { except } from 'hono/combine'
import { methodNotAllowed as findAllowedMethods } from 'hono/method-not-allowed'
import type { Asker, GuardedSpeech } from '../access/guarded-speech.ts'
import type { Check } from '../check.ts'
import type { EngineReport } from '../engines/probe.ts'
import { ListenError } from '../exceptions.ts'
import type { Lexicons } from '../text/lexicons.ts'
import type { VoiceService } from '../voices/voice-service.ts'
import { type AdmissionOptions, admission } from './admission.ts'
import { browserHeaders, crossOrigin, originRule } from './browsers.ts'
import { askerOf } from './caller.ts'
import { Connections } from './connections.ts'
import { answerError, bodyTooLarge, methodNotAllowed, notFound, refuseInvalid } from './errors.ts'
import { headWithoutBody } from './head.ts'
import { addOpenAiRoutes, OPENAI_PATHS, type OpenAiOptions, openAiAnswers } from './openai/index.ts'
import { addDocumentation } from './openapi.ts'
import { quotaHeaders } from './quota-headers.ts'
import { addEngineRoutes } from './routes/engines.ts'
import { addHealthRoutes } from './routes/health.ts'
import { addLexiconRoutes } from './routes/lexicon.ts'
import { addMetricsRoute, type MetricsSource } from './routes/metrics.ts'
import { addSpeechRoutes, speechBody } from './routes/speech.ts'
import { addSpeechSoundRoutes } from './routes/speech-sound.ts'
import { addTextRoute } from './routes/text.ts'
import { addVoiceRoutes, voiceChanges } from './routes/voices.ts'
import type { UploadLimits } from './upload.ts'
import { jsonInUtf8 } from './utf8.ts'

export interface HttpAppOptions {
  /** The service as somebody may use it. */
  speechFor(asker: Asker): GuardedSpeech
  readonly access: Pick<AdmissionOptions, 'gate' | 'meterOf'>
  /** `*`, or origins separated by commas; empty for none. */
  readonly corsOrigins: string
  /** What `/v1/engines` answers. */
  readonly engines: () => Promise<readonly EngineReport[]>
  /** What `/readyz` asks. */
  readonly checks: readonly Check[]
  /** What `/metrics` answers; without it there is no such path. */
  readonly metrics?: MetricsSource | undefined
  readonly logger: Logger
  readonly version: string
  readonly maxTextLength: number
  readonly maxBodyBytes: number
  readonly publicUrl: string
  readonly openAi: OpenAiOptions
  readonly lexicons: Lexicons
  /** Of texts that do not name their own; `undefined` goes by their script. */
  readonly language?: string | undefined
  readonly voices: VoiceService
  /** Of an enrolment. */
  readonly uploads: UploadLimits
  /** Ends the event streams, which would otherwise keep a stopping server waiting. */
  readonly stopping: AbortSignal
}

/** Request in, Response out: the whole API without a socket. */
export function createHttpApp(options: HttpAppOptions): OpenAPIHono {
  const { logger, maxBodyBytes, maxTextLength, corsOrigins } = options
  const allowsOrigin = originRule(corsOrigins)
  const speech = (context: Context) => options.speechFor(askerOf(context))
  const knownFields = [speechBody(maxTextLength), voiceChanges].flatMap(({ shape }) => Object.keys(shape))
  const app = new OpenAPIHono({ defaultHook: (result) => refuseInvalid(result, knownFields) })
  app.onError(answerError(logger))
  app.notFound(notFound)
  app.use(async (context, next) => {
    await next()
    const { req, res, var: known } = context
    logger.debug(
      { method: req.method, path: req.path, status: res.status, caller: known.caller?.id },
      'request',
    )
  })
  app.use(headWithoutBody)
  for (const path of OPENAI_PATHS) app.use(path, openAiAnswers)
  app.use(browserHeaders(corsOrigins !== ''))
  if (corsOrigins !== '') app.use(crossOrigin(allowsOrigin))
  app.use(quotaHeaders)
  app.use(admission({ ...options.access, allowsOrigin }))
  app.use(findAllowedMethods({ app, onMethodNotAllowed: methodNotAllowed }))
  // Recordings are larger than texts, and have their own limits.
  app.use(except('/v1/voices', bodyLimit({ maxSize: maxBodyBytes, onError: bodyTooLarge(maxBodyBytes) })))
  app.use(except('/v1/voices', jsonInUtf8))
  addSpeechRoutes(app, { ...options, speech })
  addSpeechSoundRoutes(app, speech)
  addVoiceRoutes(app, options)
  addOpenAiRoutes(app, options.openAi, {
    speech,
    maxTextLength,
    logger,
    voices: options.voices.registry,
  })
  addEngineRoutes(app, options.engines)
  addTextRoute(app, options)
  addLexiconRoutes(app, options.lexicons)
  addHealthRoutes(app, options.checks)
  if (options.metrics) addMetricsRoute(app, options.metrics)
  addDocumentation(app, options.version)
  return app
}

/** After this long a client that still reads its audio is cut off; the service's own stop must come to an end. */
const STOP_DEADLINE_MS = 10_000

/** The API on a port. */
export class HttpServer {
  readonly #options: Omit<HttpAppOptions, 'stopping'> & { readonly host: string; readonly port: number }
  readonly #stopping = new AbortController()
  #listening: { readonly server: Server; readonly connections: Connections } | undefined
  #stopped: Promise<void> | undefined

  constructor(options: Omit<HttpAppOptions, 'stopping'> & { readonly host: string; readonly port: number }) {
    this.#options = options
  }

  /** Resolves with the address, when callers are heard. */
  async start(): Promise<string> {
    const { host, port } = this.#options
    const app = createHttpApp({ ...this.#options, stopping: this.#stopping.signal })
    const server = createAdaptorServer({ fetch: app.fetch }) as Server
    const connections = new Connections(server)
    server.listen(port, host)
    try {
      await once(server, 'listening')
    } catch (cause) {
      throw new ListenError(
        `Nobody can be heard at ${host}:${port}; free that address, or set HOST and PORT.`,
        { cause },
      )
    }
    this.#listening = { server, connections }
    const { address, port: actualPort, family } = server.address() as AddressInfo
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${actualPort}`
  }

  /** Hears nobody new, ends event streams, lets other answers finish. Twice is fine, and before start. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    if (!this.#listening) return
    const { server, connections } = this.#listening
    const closed = once(server, 'close')
    server.close()
    connections.closeWhenIdle()
    const deadline = setTimeout(() => server.closeAllConnections(), STOP_DEADLINE_MS)
    await closed
    clearTimeout(deadline)
  }
}
