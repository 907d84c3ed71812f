import { Celery } from '@voice-pocket/celery'
import type { Config } from './config.ts'
import { loadEngine } from './engines/index.ts'
import {
  InvalidRequestError,
  InvalidVoiceError,
  StorageError,
  StorageKeyError,
  UnspeakableTextError,
} from './exceptions.ts'
import { TEXT_TO_SPEECH } from './speech-task.ts'
import { createStorage } from './storage/index.ts'
import { type TextToSpeechParts, textToSpeech } from './tasks/text-to-speech.ts'
import { VoiceStore } from './voices/voice-store.ts'

/** The Celery app of the service: its settings and its task. Who sends and who works makes it the same way. */
export function createApp(config: Config): Celery {
  const app = new Celery('voice-pocket', {
    brokerUrl: config.brokerUrl.split(';'),
    brokerConnectionMaxRetries: 0, // a service outlives its broker's restarts, however long they take
    resultBackend: config.resultBackend,
    resultExpires: config.resultExpires,
    taskDefaultQueue: config.taskQueue,
    workerConcurrency: config.concurrency,
    workerMetricsPort: config.metricsPort,
    workerPrefetchMultiplier: 1, // texts differ in length: what waits should wait where any worker can take it
  })
  app.task(TEXT_TO_SPEECH, textToSpeech(once(() => openParts(config))), {
    bind: true,
    acksLate: true,
    rejectOnWorkerLost: true,
    trackStarted: true,
    ...WHEN_STORAGE_FAILS,
    throws: [InvalidRequestError, InvalidVoiceError, UnspeakableTextError], // the caller's to mend: no traceback
  })
  return app
}

/** A disk that is full or away is no fault of the request: it is tried again for about ten minutes. */
const WHEN_STORAGE_FAILS = {
  autoretryFor: [StorageError],
  dontAutoretryFor: [StorageKeyError],
  retryBackoff: 5,
  retryBackoffMax: 120,
  maxRetries: 8,
}

async function openParts(config: Config): Promise<TextToSpeechParts> {
  const storage = await createStorage(config.storage)
  return {
    engine: await loadEngine(config.engine),
    storage,
    voices: new VoiceStore(storage),
    maxTextLength: config.maxTextLength,
    language: config.language === 'auto' ? undefined : config.language,
  }
}

/** The first call does it, every other gets the same; a failed one is forgotten, so that the next tries again. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}
