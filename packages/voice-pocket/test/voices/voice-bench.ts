/** Voices over real records and a real folder, as several processes have them. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openRecords } from '../../src/records.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { examineRecording } from '../../src/voices/examine.ts'
import { createVoiceService, type Enrolment } from '../../src/voices/voice-service.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { spoken, wavOf } from './recordings.ts'

export const CONSENT = {
  statement: 'I allow Voice Pocket to keep my voice and to speak with it.',
  by: 'Kim Minji',
  at: '2026-11-22T09:00:00Z',
}

export const GOOD_WAV = wavOf(
  await spoken({ name: 'f2', pitch: 0.8 }, ['The north wind and the sun were arguing.']),
)

/** `url` is where the records are; `open` gives another process of the same service. */
export async function openVoiceBench(t: TestContext, url?: string) {
  const folder = await temporaryFolder(t)
  const storage = new FilesystemStorage(join(folder, 'speech'))
  const open = async () => {
    const records = await openRecords(url ?? `sqlite:///${folder}/index.sqlite`, { onConnectionError() {} })
    t.after(() => records.close())
    // Not in a thread of its own, which takes longer than what it does.
    return { records, voices: createVoiceService(records, storage, { examine: examineRecording }) }
  }
  const path = join(folder, 'recording')
  await writeFile(path, GOOD_WAV)
  const enrolment = (email: string, more: Partial<Enrolment> = {}): Enrolment => ({
    email,
    recordings: [{ path, label: 'recording' }],
    consent: CONSENT,
    enteredBy: 'test',
    ...more,
  })
  return { folder, storage, open, enrolment, path, ...(await open()) }
}
