import { memoryOf } from './process-memory.ts'
import type { Service } from './service.ts'

/** In MiB, of the service and its children. */
export interface VoiceMemory {
  /** Nobody has asked for anything yet. */
  readonly idle: number
  /** Each process has spoken, and has its engine loaded. */
  readonly warm: number
  /** So many voices are enrolled, and each has spoken. */
  readonly voices: number
  readonly count: number
}

export async function measureVoices(service: Service, count: number): Promise<VoiceMemory> {
  const idle = await memoryOf(service.pid)
  await speakWith(service, Array<string>(10).fill('reader@example.com'))
  const warm = await memoryOf(service.pid)
  const recording = await record(service)
  const emails = Array.from({ length: count }, (_, at) => `voice${at}@example.com`)
  for (const email of emails) await enrol(service, email, recording)
  await speakWith(service, emails)
  return { idle, warm, voices: await memoryOf(service.pid), count }
}

/** As good as any: what the service itself has said. */
async function record(service: Service): Promise<Uint8Array> {
  const uuid = await service.ask('The north wind and the sun were arguing one day about which was stronger.')
  await service.ended(uuid)
  return (await fetch(`${service.api}/${uuid}/audio`)).bytes()
}

async function speakWith(service: Service, emails: readonly string[]): Promise<void> {
  const uuids = await Promise.all(emails.map((email, at) => service.ask(`Hello, number ${at}.`, email)))
  await Promise.all(uuids.map((uuid) => service.ended(uuid)))
}

async function enrol(service: Service, email: string, recording: Uint8Array): Promise<void> {
  const form = new FormData()
  form.set('email', email)
  form.set('consent', 'I allow Voice Pocket to keep my voice and to speak with it.')
  form.set('consent_by', 'The speaker')
  form.set('recording', new Blob([new Uint8Array(recording)]), 'recording.wav')
  const response = await fetch(new URL('/v1/voices', service.api), { method: 'POST', body: form })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
}
