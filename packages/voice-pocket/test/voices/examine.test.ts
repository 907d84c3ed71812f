import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFile, watch, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext, test } from 'node:test'
import { registerOf } from '@voice-pocket/espeak'
import { readWav, wavHeader } from '../../src/audio/wav.ts'
import { RecordingError, type RecordingFault } from '../../src/exceptions.ts'
import { examineRecording } from '../../src/voices/examine.ts'
import { Examiner } from '../../src/voices/examiner.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import {
  amplified,
  browserRecording,
  encoded,
  m4aRecording,
  mixed,
  noise,
  repeated,
  spoken,
  wavOf,
} from './recordings.ts'

const GOOD = await spoken()
const SECONDS = GOOD.length / 48_000

async function fileOf(t: TestContext, bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(t), 'recording')
  await writeFile(path, bytes)
  return path
}

for (const [name, make] of [
  ['wav', async () => wavOf(GOOD)],
  ['mp3', () => encoded(GOOD, 'mp3')],
  ['flac', () => encoded(GOOD, 'flac')],
  ['ogg with opus', () => encoded(GOOD, 'opus')],
  ["a browser's webm", () => browserRecording(GOOD)],
] as const) {
  test(`${name} becomes mono WAV of 24 kHz with 16 bits, as long as it was`, async (t) => {
    const { wav, quality, measured } = await examineRecording(await fileOf(t, await make()))
    const { sampleRate, samples } = readWav(wav)
    assert.equal(sampleRate, 24_000)
    assert.ok(Math.abs(samples.length / 24_000 - SECONDS) < 0.06, String(samples.length / 24_000))
    assert.ok(quality.signalToNoiseDb > 15)
    assert.ok(Math.abs(measured.pitch / 104 - 1) < 0.05, String(measured.pitch))
  })
}

/** As they come, from encoders other than ours: 44.1 kHz, both ears, and a video beside it. */
const BY_FFMPEG = {
  'm4a of a telephone': ['-ar', '44100', '-ac', '2', '-c:a', 'aac', '-f', 'ipod'],
  'film of a telephone': ['-f', 'lavfi', '-i', 'color=s=64x64:r=5', '-shortest', '-c:a', 'aac', '-f', 'mov'],
  'bare aac': ['-c:a', 'aac', '-f', 'adts'],
}
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0

describe('AAC, where ffmpeg is installed', { skip: !hasFfmpeg && 'ffmpeg is not installed' }, () => {
  const assertWhole = async (path: string) => {
    const { wav, codec, measured } = await examineRecording(path)
    const { samples } = readWav(wav)
    assert.equal(codec, 'aac')
    assert.ok(Math.abs(samples.length / 24_000 - SECONDS) < 0.1, String(samples.length / 24_000))
    assert.ok(Math.abs(measured.pitch / 104 - 1) < 0.05, String(measured.pitch))
  }

  for (const [name, arguments_] of Object.entries(BY_FFMPEG)) {
    it(`is decoded: ${name}`, async (t) => {
      const [wav, path] = [await fileOf(t, wavOf(GOOD)), join(await temporaryFolder(t), 'recording')]
      execFileSync('ffmpeg', ['-v', 'error', '-i', wav, ...arguments_, path])
      await assertWhole(path)
    })
  }

  it('is decoded: what Safari records, and what our own encoder writes', async (t) => {
    await assertWhole(await fileOf(t, await m4aRecording(GOOD, 'fragmented')))
    await assertWhole(await fileOf(t, await m4aRecording(GOOD, false)))
  })

  it('is refused when it is damaged, or longer than it may be', async (t) => {
    const whole = await m4aRecording(GOOD, false)
    const torn = Buffer.concat([whole.subarray(0, 2_000), Buffer.alloc(whole.length - 2_000)])
    await assert.rejects(examineRecording(await fileOf(t, torn)), RecordingError)
    const long = join(await temporaryFolder(t), 'recording')
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'anullsrc', '-t', '130', '-f', 'mp4', long])
    await assert.rejects(examineRecording(long), { fault: 'too_long' })
  })
})

const FAULTS: readonly [string, RecordingFault, RegExp, () => Promise<Uint8Array> | Uint8Array][] = [
  ['half a second', 'too_short', /0\.5 seconds.*at least 1/, () => wavOf(GOOD.subarray(0, 24_000))],
  ['more than two minutes', 'too_long', /longer than 120/, () => wavOf(repeated(GOOD, 121))],
  ['nothing at all', 'silent', /not muted/, () => wavOf(new Float32Array(96_000))],
  ['the hiss of a muted microphone', 'silent', /not muted/, () => wavOf(noise(96_000, -80))],
  ['a room in which nobody speaks', 'no_speech', /read some sentences/, () => wavOf(noise(240_000, -40))],
  ['a whistle', 'no_speech', /read some sentences/, () => wavOf(tone(240_000))],
  [
    'a fan beside the speaker',
    'too_noisy',
    /quieter room/,
    () => wavOf(mixed(GOOD, noise(GOOD.length, -22))),
  ],
  ['a whisper from far away', 'too_quiet', /nearer/, () => wavOf(amplified(GOOD, -38))],
  ['an overdriven microphone', 'clipped', /turn the microphone down/, () => wavOf(amplified(GOOD, 18))],
  ['overdriven, then turned down', 'clipped', /overdriven/, () => wavOf(amplified(amplified(GOOD, 18), -3))],
  ['a file with a header and no sound', 'too_short', /0\.0 seconds/, () => wavOf(new Float32Array(0))],
  ['one sample that is no number', 'damaged', /no numbers/, () => floatWav(withSample(GOOD, Number.NaN))],
  [
    'one sample without an end',
    'damaged',
    /no numbers/,
    () => floatWav(withSample(GOOD, Number.POSITIVE_INFINITY)),
  ],
  ['a rate no microphone has', 'unsupported', /at most 192000/, () => wavOf(repeated(GOOD, 5), 200_000)],
  ['a page of text', 'unsupported', /send WAV, MP3/, () => Buffer.from('<html>'.repeat(1000))],
  ['nothing', 'unsupported', /send WAV, MP3/, () => Buffer.alloc(0)],
  ['a zip file', 'unsupported', /send WAV, MP3/, () => Buffer.from('PK\u0003\u0004'.padEnd(5_000, '\0'))],
]

for (const [name, fault, advice, make] of FAULTS) {
  test(`${name} is refused as ${fault}, with what to do`, async (t) => {
    await assert.rejects(examineRecording(await fileOf(t, await make())), (error) => {
      assert.ok(error instanceof RecordingError, String(error))
      assert.equal(error.fault, fault, error.message)
      assert.match(error.message, advice)
      return true
    })
  })
}

test('minutes of silence in a file of some kilobytes are refused before they are in memory', async (t) => {
  const flac = await encoded(new Float32Array(48_000 * 180), 'flac')
  assert.ok(flac.length < 200_000, String(flac.length))
  await assert.rejects(examineRecording(await fileOf(t, flac)), { fault: 'too_long' })
})

for (const format of ['mp3', 'flac', 'opus'] as const) {
  test(`half of a file (${format}) is a shorter recording, or refused; never an error of ours`, async (t) => {
    const whole = await encoded(GOOD, format)
    const path = await fileOf(t, whole.subarray(0, whole.length / 2))
    const seconds = await examineRecording(path).then(
      ({ quality }) => quality.seconds,
      (error) => {
        assert.ok(error instanceof RecordingError, String(error))
        return 0
      },
    )
    assert.ok(seconds < SECONDS * 0.75, String(seconds))
  })
}

test('AAC, where no ffmpeg is installed, is refused with what else to send', async (t) => {
  const { PATH } = process.env
  t.after(() => {
    process.env.PATH = PATH
  })
  process.env.PATH = ''
  await assert.rejects(examineRecording(await fileOf(t, await encoded(GOOD, 'aac'))), (error) => {
    assert.ok(error instanceof RecordingError)
    assert.equal(error.fault, 'unsupported')
    assert.match(error.message, /send WAV, MP3, FLAC, Ogg or WebM instead, or install ffmpeg/)
    return true
  })
})

test('an examiner does it in a thread of its own, and says the same', async (t) => {
  const examiner = new Examiner()
  const [good, silent] = [await fileOf(t, wavOf(GOOD)), await fileOf(t, wavOf(new Float32Array(96_000)))]
  const [recording, fault] = await Promise.all([
    examiner.examine(good),
    examiner.examine(silent).catch((error) => error),
  ])
  const here = await examineRecording(good)
  assert.deepEqual(Buffer.from(recording.wav), Buffer.from(here.wav))
  assert.deepEqual(recording.measured, here.measured)
  assert.ok(fault instanceof RecordingError)
  assert.equal(fault.fault, 'silent')
})

test('an error of ours is not told as one of the recording', async (t) => {
  const examiner = new Examiner()
  await assert.rejects(examiner.examine(join(await temporaryFolder(t), 'nowhere')), (error) => {
    assert.ok(!(error instanceof RecordingError), String(error))
    assert.match(String(error), /by a fault that is not its own: .*ENOENT/s)
    return true
  })
})

test('a program that decodes for ever ends with the thread that started it', async (t) => {
  const [folder, { PATH }] = [await temporaryFolder(t), process.env]
  const started = join(folder, 'pid')
  const script = `#!/bin/sh\necho $$ > ${started}.new\nmv ${started}.new ${started}\nexec sleep 600\n`
  await writeFile(join(folder, 'ffmpeg'), script, { mode: 0o755 })
  t.after(() => {
    process.env.PATH = PATH
  })
  process.env.PATH = `${folder}:${PATH}`
  const path = await fileOf(t, await encoded(GOOD, 'aac'))
  const patience = new AbortController()
  const examined = new Examiner(() => patience.signal).examine(path)
  examined.catch(() => {}) // heard below
  for await (const { filename } of watch(folder)) if (filename === 'pid') break
  patience.abort()
  await assert.rejects(examined, { fault: 'damaged' })
  const pid = Number(await readFile(started, 'utf8'))
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

for (const speaker of [
  { pitch: 0.3 },
  { pitch: 1.6, rate: 0.8 },
  { name: 'm3', pitch: 1 },
  { name: 'f2', pitch: 0.7 },
  { name: 'f5', pitch: 1.4, rate: 1.3 },
]) {
  test(`eSpeak comes near to the register and pace of ${JSON.stringify(speaker)}`, async (t) => {
    const { measured } = await examineRecording(await fileOf(t, wavOf(await spoken(speaker))))
    const again = await examineRecording(await fileOf(t, wavOf(await spoken(registerOf(measured)))))
    const semitones = 12 * Math.log2(again.measured.pitch / measured.pitch)
    assert.ok(Math.abs(semitones) < 1.5, `${measured.pitch} Hz became ${again.measured.pitch} Hz`)
    const pace = again.measured.syllables / measured.syllables
    assert.ok(Math.abs(pace - 1) < 0.15, `${measured.syllables} a second became ${again.measured.syllables}`)
  })
}

test('somebody who is livelier is spoken livelier', async (t) => {
  const [calm, lively] = await Promise.all(
    [0.2, 1.8].map(async (range) => {
      const path = await fileOf(t, wavOf(await spoken({ name: 'f2', range })))
      return registerOf((await examineRecording(path)).measured).range
    }),
  )
  assert.ok(Number(calm) < 0.6 && Number(lively) > 0.7, `${calm}, ${lively}`)
})

/** As programs for studios write it: 32-bit numbers, which need not be numbers. */
function floatWav(samples: Float32Array): Buffer {
  const header = Buffer.from(wavHeader(48_000, samples.byteLength))
  header.writeUInt16LE(3, 20)
  header.writeUInt32LE(48_000 * 4, 28)
  header.writeUInt16LE(4, 32)
  header.writeUInt16LE(32, 34)
  return Buffer.concat([header, new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)])
}

function withSample(samples: Float32Array, value: number): Float32Array {
  return samples.with(Math.floor(samples.length / 2), value)
}

function tone(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 300 * i) / 48_000))
}
