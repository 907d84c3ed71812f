/** The part of HttpAppOptions that is about voices. */
import { examineRecording } from '../../src/voices/examine.ts'
import { createVoiceService } from '../../src/voices/voice-service.ts'
import type { openSpeechBench } from '../speech-bench.ts'
import { recordsOf } from './access-options.ts'

export const LIMITS = { files: 3, fileBytes: 2 * 1024 * 1024, totalBytes: 4 * 1024 * 1024 }

export function openVoices(bench: Awaited<ReturnType<typeof openSpeechBench>>) {
  // Not in a thread of its own, which takes longer than what it does.
  const voices = createVoiceService(recordsOf(bench), bench.storage, { examine: examineRecording })
  return { voices, uploads: LIMITS }
}
