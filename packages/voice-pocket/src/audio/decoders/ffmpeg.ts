import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { RecordingError } from '../../exceptions.ts'
import { fromBytes } from '../pcm.ts'
import { toFloat32 } from '../sound.ts'
import { tooLong } from './too-long.ts'

const SAMPLE_RATE = 48_000
/** Two minutes take less than a second; a file that is made to keep it busy does not keep it. */
const TIMEOUT_MS = 60_000

/** Told of the id of a program that decodes, and, with nothing, of its end. */
export type OnProgram = (pid: number | undefined) => unknown

/** AAC has no decoder with a licence that fits; where the program ffmpeg is installed, it does it. */
export async function decodeWithFfmpeg(
  path: string,
  maxSeconds: number,
  onProgram: OnProgram = () => {},
): Promise<{ sampleRate: number; samples: Float32Array }> {
  // file: and the list of protocols keep a crafted file from naming others, on this machine or on the network.
  const input = ['-protocol_whitelist', 'file', '-i', `file:${path}`, '-t', String(maxSeconds + 1)]
  const output = ['-map', '0:a:0', '-ac', '1', '-ar', String(SAMPLE_RATE), '-f', 's16le', 'pipe:1']
  const child = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...input, ...output], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Not the timeout of spawn(), which keeps the process when the program is not there.
  const overdue = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  onProgram(child.pid)
  const ended = once(child, 'close')
  const [sound, complaints] = [collect(child.stdout), collect(child.stderr)]
  try {
    const [code] = await ended
    if (code !== 0) {
      throw new RecordingError('damaged', `The recording is damaged: ${inShort(await complaints)}`)
    }
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause
    const remedy = 'send WAV, MP3, FLAC, Ogg or WebM instead, or install ffmpeg beside the service'
    throw new RecordingError('unsupported', `M4A (AAC) cannot be decoded here; ${remedy}.`, { cause })
  } finally {
    clearTimeout(overdue)
    onProgram(undefined)
  }
  const samples = toFloat32(fromBytes(await sound))
  if (samples.length > maxSeconds * SAMPLE_RATE) throw tooLong(maxSeconds)
  return { sampleRate: SAMPLE_RATE, samples }
}

/** Without the name that the file has here, which is nobody's business. */
function inShort(complaints: Buffer): string {
  const [first = ''] = complaints
    .toString()
    .replaceAll(/file:\S+: ?/g, '')
    .trim()
    .split('\n')
  return `${first.slice(0, 200) || 'it cannot be decoded'}. Record it again.`
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
