import { Celery } from '@voice-pocket/celery'
import type { Config } from './config.ts'
import { Engines } from './engines/engines.ts'
import { planEngines } from './engines/plan.ts'
import { InvalidRequestError, InvalidVoiceError, NoGrantError, UnspeakableTextError } from './exceptions.ts'
import { orderedQueues } from './ordered-queues.ts'
import { openRecords } from './records.ts'
import { PartCache } from './speech/part-cache.ts'
import { JOIN_SPEECH, SPEAK_PART, TEXT_TO_SPEECH } from './speech-task.ts'
import { createStorage } from './storage/index.ts'
import { partAffinity, speechAffinity } from './tasks/affinity.ts'
import { joinSpeechTask } from './tasks/join-speech.ts'
import { speakPartTask } from './tasks/speak-part.ts'
import { textToSpeech } from './tasks/text-to-speech.ts'
import { type Tools, WHEN_STORAGE_FAILS } from './tasks/tools.ts'
import { openLexicons } from './text/open-lexicons.ts'
import { Examiner } from './voices/examiner.ts'
import { PreparedVoices } from './voices/prepared-voices.ts'
import { RecordingStore } from './voices/recording-store.ts'
import { Synths } from './voices/synths.ts'
import { VoiceRegistry } from './voices/voice-registry.ts'
import { VoiceStore } from './voices/voice-store.ts'
import { WarmMeasures } from './warm-measures.ts'

/** The Celery app of the service: its settings and its task. Who sends and who works makes it the same way. */
export function createApp(config: Config): Celery {
  const app = new Celery('voice-pocket', {
    brokerUrl: config.brokerUrl.split(';'),
    brokerConnectionMaxRetries: 0, // a service outlives its broker's restarts, however long they take
    resultBackend: config.resultBackend,
    resultExpires: config.resultExpires,
    taskDefaultQueue: config.taskQueue,
    taskQueues: [config.taskQueue, ...orderedQueues(config)],
    workerConcurrency: config.concurrency,
    workerMaxMemoryPerChild: config.childMemory * 1024, // KiB
    workerMetricsPort: config.metricsPort,
    workerPrefetchMultiplier: 1, // texts differ in length: what waits should wait where any worker can take it
  })
  const warm = new WarmMeasures(app.measures)
  const open = once(() => openTools(config, warm))
  app.task(TEXT_TO_SPEECH, textToSpeech(open), {
    ...SPEAKING,
    queue: config.speechQueue,
    trackStarted: true,
    affinity: speechAffinity(config),
  })
  app.task(SPEAK_PART, speakPartTask(open), { ...SPEAKING, queue: config.partsQueue, affinity: partAffinity })
  app.task(JOIN_SPEECH, joinSpeechTask(open), { ...SPEAKING, queue: config.speechQueue })
  return app
}

const SPEAKING = {
  bind: true,
  acksLate: true,
  rejectOnWorkerLost: true,
  ...WHEN_STORAGE_FAILS,
  throws: [InvalidRequestError, InvalidVoiceError, NoGrantError, UnspeakableTextError], // the caller's to mend: no traceback
} as const

async function openTools(config: Config, warm: WarmMeasures): Promise<Tools> {
  const storage = await createStorage(config.storage)
  const records = await openRecords(config.index, { onConnectionError: () => {} })
  const lexicons = await openLexicons(config, records).catch(async (error: unknown) => {
    await records.close() // the next call opens others
    throw error
  })
  const voices = new VoiceRegistry(records)
  const engines = openEngines(config)
  const synths = new Synths({
    registry: voices,
    recordings: new RecordingStore(storage, new Examiner()),
    prepared: new PreparedVoices(records),
    profiles: new VoiceStore(storage),
  })
  warm.watch('engine', engines.warm)
  warm.watch('voice', synths.warm.voice)
  warm.watch('recording', synths.warm.recording)
  return {
    engines,
    storage,
    voices,
    synths,
    records,
    lexicons,
    cache: new PartCache({ storage, records, maxBytes: config.cacheSize * 1024 * 1024 }),
    maxTextLength: config.maxTextLength,
    language: config.language === 'auto' ? undefined : config.language,
  }
}

/** In a child, whose warnings are what it writes to the log. */
function openEngines(config: Config): Engines {
  return new Engines(planEngines(config), {
    warm: config.warmEngines,
    limitMs: config.engineTimeout * 1000,
    warn: (message) => process.emitWarning(message, 'EngineWarning'),
  })
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
