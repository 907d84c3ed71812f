import { tmpdir } from 'node:os'
import { WavSpool } from '../audio/wav-spool.ts'
import type { Engine } from '../engines/engine.ts'
import type { Storage } from '../storage/storage.ts'
import { toParts } from './parts.ts'
import { type Script, toSentences } from './sentences.ts'
import { speakPart } from './speak.ts'
import { joined, SpeechFiles, type SpokenFile } from './speech-files.ts'
import { located, type Timeline } from './timeline.ts'

export type { SpokenFile } from './speech-files.ts'

export interface Speech extends Script {
  readonly engine: Engine
  readonly storage: Pick<Storage, 'write' | 'read' | 'delete'>
  readonly key: string
  /** How a part is spoken; a cache has a way of its own. */
  readonly speak?: typeof speakPart
  /** Told once before the first sentence and after each. Awaited. */
  readonly onProgress?: (progress: Progress) => void | Promise<void>
  readonly signal?: AbortSignal
  /** Folder for the unfinished sound, up to 160 MB an hour; the system's own for such files when not told. */
  readonly scratch?: string
}

export interface Progress {
  /** Sentences. */
  readonly done: number
  readonly total: number
  /** Parts that can be heard already. */
  readonly parts: number
}

/**
 * Text becomes a WAV file in the storage, here and now, part by part.
 * 1. All of it is checked before any of it is spoken: UnspeakableTextError, InvalidVoiceError.
 * 2. No more than one part is in memory, and each can be heard as soon as it is spoken.
 * 3. The file appears in the storage when it is complete. Rejected or aborted, nothing is left behind.
 */
export async function makeTts(speech: Speech): Promise<SpokenFile> {
  const {
    manuscript,
    engine,
    storage,
    key,
    speak = speakPart,
    onProgress,
    signal,
    scratch = tmpdir(),
  } = speech
  const sentences = toSentences(speech, engine)
  const parts = toParts(sentences)
  const files = new SpeechFiles(storage, key)
  const timelines: Timeline[] = []
  const progress = { done: 0, total: sentences.length, parts: 0 }
  const tell = async () => onProgress?.({ ...progress })
  signal?.throwIfAborted()
  await using spool = await WavSpool.create(scratch, engine.sampleRate)
  await tell()
  try {
    for (const part of parts) {
      const onSentence = () => {
        progress.done += 1
        return tell()
      }
      const { samples, timeline } = await speak(manuscript.content.text, part.sentences, {
        engine,
        onSentence,
        ...(signal !== undefined && { signal }),
      })
      const spoken = { samples, timeline: located(timeline, manuscript.content) }
      timelines.push(spoken.timeline)
      await spool.append(samples)
      if (parts.length === 1) continue
      await files.writePart(part.index, spoken, engine.sampleRate)
      progress.parts += 1
      await tell()
    }
    return await files.write(spool, joined(timelines), signal)
  } finally {
    await files.deleteParts(progress.parts)
  }
}
