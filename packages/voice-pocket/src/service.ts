import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { extname, join } from 'node:path'
import type { Celery, Logger, WorkController } from '@voice-pocket/celery'
import { Producer } from '@voice-pocket/kombu'
import { createAccess, senderRules } from './access/create-access.ts'
import { GuardedSpeech } from './access/guarded-speech.ts'
import { assertMayListen } from './access/listening.ts'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { toEnv } from './config.ts'
import { readinessChecks } from './doctor.ts'
import { type ClusterEngines, openClusterEngines } from './engines/cluster-engines.ts'
import { assertInstalled } from './engines/index.ts'
import { planEngines } from './engines/plan.ts'
import { ConfigError } from './exceptions.ts'
import { HandlerRegistry, speechHandler } from './handlers.ts'
import type { OpenAiOptions } from './http/openai/index.ts'
import type { MetricsSource } from './http/routes/metrics.ts'
import { HttpServer } from './http/server.ts'
import { inputMessageConsumerStep } from './input-consumer.ts'
import { Notices, queueOf } from './notices.ts'
import { explainRefusal } from './ordered-queues.ts'
import { tellHowTasksEnd } from './outcomes.ts'
import { messagePriority } from './priority.ts'
import { openRecords, type Records } from './records.ts'
import { RetentionPolicy } from './retention/policy.ts'
import { Sweeper } from './retention/sweeper.ts'
import { metricsOf } from './service-metrics.ts'
import { openSpeechIndex, type SpeechIndex } from './speech-index.ts'
import { SpeechService } from './speech-service.ts'
import { TEXT_TO_SPEECH, toKwargs } from './speech-task.ts'
import { createStorage } from './storage/index.ts'
import type { Storage } from './storage/storage.ts'
import { discardParts } from './tasks/join-speech.ts'
import { openLexicons } from './text/open-lexicons.ts'
import { VERSION } from './version.ts'
import { RECORDING_LIMITS } from './voices/check-recording.ts'
import { voiceHandler } from './voices/voice-message.ts'
import { createVoiceService, type VoiceService } from './voices/voice-service.ts'

/** A text of the longest allowed length, every character escaped as `\uXXXX\uXXXX`, and something for the rest. */
const maxBodyBytes = ({ maxTextLength }: Config) => maxTextLength * 12 + 64 * 1024

interface Stores {
  readonly index: SpeechIndex
  readonly records: Records
  readonly storage: Storage
}

/**
 * The service's composition root: every part is made here, once, and given what it needs.
 * 1. `open` connects the index and makes the parts; nothing listens yet.
 * 2. `startWorker` consumes the input queue and the task queue; `startApi` listens for HTTP. Either or both;
 *    what is wrong with the settings or the storage is said before, by either.
 * 3. `stop` takes nothing new from anywhere and finishes what runs (warm); then the connections are closed.
 */
export class VoicePocket {
  readonly app: Celery
  readonly service: SpeechService
  readonly voices: VoiceService
  readonly #config: Config
  readonly #logger: Logger
  readonly #index: SpeechIndex
  readonly #records: Records
  readonly #storage: Storage
  readonly #registry: HandlerRegistry
  readonly #notices: Notices
  readonly #engines: ClusterEngines
  #metrics: MetricsSource | undefined
  #worker: WorkController | undefined
  #server: HttpServer | undefined
  #sweeper: Sweeper | undefined
  #checked: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  static async open(config: Config, logger: Logger): Promise<VoicePocket> {
    const index = await openSpeechIndex(config.index, {
      expires: config.resultExpires,
      onConnectionError: (error) => logger.warn({ err: error }, 'connection to the index lost'),
    })
    const records = await openRecords(config.index, {
      onConnectionError: (error) => logger.warn({ err: error }, 'connection to the records lost'),
    })
    const stores = { index, records, storage: await openStorage(config) }
    const service = new VoicePocket(config, logger, stores)
    if (config.metrics === 'on') service.#metrics = await metricsOf(service.app, config, logger)
    return service
  }

  private constructor(config: Config, logger: Logger, { index, records, storage }: Stores) {
    this.#config = config
    this.#engines = openClusterEngines(config, records, logger)
    this.#logger = logger
    this.#index = index
    this.#records = records
    this.#storage = storage
    this.app = createApp(config)
    const { outputExchange: exchange, outputQueue: queue, outputKey: key } = config
    this.#notices = new Notices(new Producer(this.app.connection), { exchange, queue, key })
    this.voices = createVoiceService(records, storage)
    this.#registry = new HandlerRegistry()
      .register('ETL', this.#speechHandler())
      .register('VOICE', this.#voiceHandler())
    this.service = new SpeechService({
      registry: this.#registry,
      index,
      results: {
        getTaskMeta: async (taskId) => (await this.app.backend()).getTaskMeta(taskId),
        watch: (taskId, signal) => watchLater(this.app, taskId, signal),
      },
      storage,
      redirectSeconds: config.audioRedirect,
      revoke: (taskId) => this.#revoke(taskId),
    })
  }

  /** Resolves when it consumes. */
  async startWorker({ concurrency = this.#config.concurrency } = {}): Promise<WorkController> {
    const { app } = this
    await this.#check()
    assertInstalled(planEngines(this.#config), this.#logger)
    app.steps.consumer.add(this.#inputStep())
    tellHowTasksEnd(app, {
      notices: this.#notices,
      urlOf: (key, uuid) => this.#urlOf(key, uuid),
      discardParts: (whole) => discardParts(this.#storage, whole),
    })
    const nodeName = uniqueNodeName()
    this.#worker = await app.worker({
      pool: 'prefork',
      concurrency,
      hostname: nodeName,
      appModule: WORKER_APP,
      env: { ...process.env, ...toEnv(this.#config) },
      logger: this.#logger,
    })
    await this.#worker.start().catch(explainRefusal)
    this.#engines.startSaying(nodeName)
    return this.#worker
  }

  /** Resolves with the address when callers are heard. */
  async startApi(): Promise<string> {
    const { host, port, maxTextLength, publicUrl, corsOrigins, language, userPriority } = this.#config
    await this.#check()
    const access = createAccess(this.#config, this.#records)
    await assertMayListen(host, access.gate, this.#logger)
    const hasVoice = async (email: string) => (await this.voices.registry.find(email)) !== undefined
    const parts = { service: this.service, index: this.#index, hasVoice, userPriority }
    this.#server = new HttpServer({
      speechFor: (asker) => new GuardedSpeech(parts, asker),
      access,
      corsOrigins,
      engines: () => this.#engines.all(),
      checks: readinessChecks({ app: this.app, index: this.#index, storage: this.#storage }),
      metrics: this.#metrics,
      logger: this.#logger,
      version: VERSION,
      maxTextLength,
      maxBodyBytes: maxBodyBytes(this.#config),
      publicUrl,
      openAi: this.#openAi(),
      lexicons: await openLexicons(this.#config, this.#records),
      language: language === 'auto' ? undefined : language,
      voices: this.voices,
      uploads: RECORDING_LIMITS,
      host,
      port,
    })
    return this.#server.start()
  }

  /** From now on what is old enough is deleted, by this process when no other one does it. */
  startSweeper(): void {
    const { sweepInterval, retention } = this.#config
    if (sweepInterval === 0) return
    this.#sweeper = new Sweeper({
      storage: this.#storage,
      policy: new RetentionPolicy(this.#records, retention),
      records: this.#records,
      intervalMs: sweepInterval * 1000,
      logger: this.#logger,
    })
    this.#sweeper.start()
  }

  /** Settles when the worker is over; see WorkController. */
  get finished(): Promise<void> {
    return this.#worker?.finished.catch(explainRefusal) ?? new Promise(() => {})
  }

  /** Warm: what runs is finished. Twice is fine. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** Cold: what runs is given up, and delivered again to another worker. */
  async terminate(): Promise<void> {
    await this.#worker?.terminate()
    await this.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Each has its turn, also when one before it fails. */
  async #stop(): Promise<void> {
    // At once: while the last callers are answered, the worker must not begin what it could leave to others.
    const ends = await Promise.allSettled([this.#server?.stop(), this.#sweeper?.stop(), this.#worker?.stop()])
    for (const part of [this.#engines, this.app, this.#index, this.#records]) {
      ends.push(...(await Promise.allSettled([part.close()])))
    }
    const failures: unknown[] = ends.filter((end) => end.status === 'rejected').map(({ reason }) => reason)
    if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('; '))
    if (failures.length === 1) throw failures[0]
  }

  /** Of what every process of the service has in common, also one that has no engine itself; once. */
  #check(): Promise<void> {
    const check = async () => {
      planEngines(this.#config)
      await openLexicons(this.#config, this.#records) // what is wrong with the file is said now, and not by the first task
      await this.#storage.check() // and clears away what a killed worker has left there
    }
    this.#checked ??= check()
    return this.#checked
  }

  #speechHandler() {
    return speechHandler({
      index: this.#index,
      maxTextLength: this.#config.maxTextLength,
      permit: (request) => this.voices.registry.permit(request),
      startTask: async (taskId, request) => {
        const priority = await messagePriority(this.app.connection, request.priority)
        const { speechQueue: queue } = this.#config
        const call = { taskId, kwargs: toKwargs(request), queue, priority }
        await this.app.sendTask(TEXT_TO_SPEECH, call).catch(explainRefusal)
      },
    })
  }

  #openAi(): OpenAiOptions {
    const { openAiEmail: defaultEmail, openAiVoices: voiceNames } = this.#config
    return { engines: () => this.#engines.all(), defaultEmail, voiceNames }
  }

  #voiceHandler() {
    const tell = (done: { type: string; uuid: string; email: string }) => this.#notices.done(done)
    return voiceHandler({ voices: this.voices, storage: this.#storage, tell })
  }

  #inputStep() {
    const { inputExchange: exchange, inputQueue: queue, inputKey: key, deadQueue } = this.#config
    return inputMessageConsumerStep({
      queue: queueOf({ exchange, queue, key }),
      deadQueue,
      registry: this.#registry,
      senders: senderRules(this.#config),
      connection: this.app.connection,
      notices: this.#notices,
      logger: this.#logger,
      maxBodyBytes: maxBodyBytes(this.#config),
    })
  }

  /** The result says it first, so that also a worker which is not there yet will know. */
  async #revoke(taskId: string): Promise<void> {
    const backend = await this.app.backend()
    await backend.markAsRevoked(taskId, 'revoked')
    await this.app.control.revoke(taskId, { terminate: true })
  }

  #urlOf(key: string, uuid: string): string {
    const { publicUrl } = this.#config
    return publicUrl === '' ? this.#storage.url(key) : `${publicUrl}/v1/speech/${uuid}/audio`
  }
}

async function openStorage({ storage: url, audioRedirect }: Config): Promise<Storage> {
  const storage = await createStorage(url)
  if (audioRedirect === 0 || storage.presign) return storage
  throw new ConfigError(
    `VOICE_POCKET_AUDIO_REDIRECT is ${audioRedirect}, but nobody can be sent to a folder: unset it, or keep speech in an s3: storage.`,
  )
}

/** It ends as this file does: in .ts from the source, in .js as published. */
const WORKER_APP = join(import.meta.dirname, `worker-app${extname(import.meta.filename)}`)

/** Several workers on one machine are told each by its name to end a task: under the same name only one would hear. */
function uniqueNodeName(): string {
  return `voice-pocket-${randomUUID().slice(0, 8)}@${hostname()}`
}

async function* watchLater(app: Celery, taskId: string, signal?: AbortSignal) {
  yield* (await app.backend()).watch(taskId, signal)
}
