/** A page of a newspaper, a chapter of a book and a chat, read aloud by the service with nothing set. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BufferSource } from 'mediabunny'
import { decodeSound } from '../packages/voice-pocket/src/audio/decode.ts'
import { TARGET_LUFS } from '../packages/voice-pocket/src/audio/levelling.ts'
import { LoudnessMeter } from '../packages/voice-pocket/src/audio/loudness.ts'
import { toFloat32 } from '../packages/voice-pocket/src/audio/sound.ts'
import { readWav, WAV_HEADER_BYTES } from '../packages/voice-pocket/src/audio/wav.ts'
import type { Program } from '../packages/voice-pocket/test/end-to-end/program.ts'
import { Workspace } from '../packages/voice-pocket/test/end-to-end/workspace.ts'

const PROGRAM = fileURLToPath(new URL('./read-aloud.ts', import.meta.url))
const TEXTS = fileURLToPath(new URL('./texts/', import.meta.url))

interface Placed {
  readonly text_start: number
  readonly text_end: number
}
interface Spoken extends Placed {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly words: readonly Spoken[]
}
interface Captions {
  readonly duration: number
  readonly sentences: readonly Spoken[]
}

describe('read-aloud.ts', { timeout: 120_000 }, () => {
  const cleanUp = new AsyncDisposableStack()
  let [workspace, program, api] = [] as unknown as [Workspace, Program, string]

  before(async () => {
    workspace = await Workspace.open({ after: (end) => void cleanUp.defer(end) })
    ;({ api } = await workspace.serve({ VOICE_POCKET_CONCURRENCY: '2' }))
    const env = { VOICE_POCKET_URL: new URL(api).origin }
    program = workspace.start([process.execPath, PROGRAM], { env })
    assert.equal(await program.exited, 0, program.output)
  })
  after(() => cleanUp.disposeAsync())

  const kept = (file: string) => readFile(join(workspace.folder, 'data/spoken', file))

  for (const name of ['chapter.en', 'chat', 'newspaper.ko']) {
    describe(`${name}.txt`, () => {
      let [original, wav, captions] = [] as unknown as [string, Buffer, Captions]
      let [uuid, heardAfter, spokenAfter] = ['', '', '']

      before(async () => {
        original = await readFile(join(TEXTS, `${name}.txt`), 'utf8')
        wav = await kept(`${name}.wav`)
        captions = JSON.parse(await kept(`${name}.json`).then(String)) as Captions
        const said = new RegExp(`${name}\\.txt \\((\\S+)\\): heard after (\\S+) s, spoken after (\\S+) s`)
        ;[, uuid = '', heardAfter = '', spokenAfter = ''] = said.exec(program.output) ?? []
      })

      it('is said from its first word to its last, each once, in their order', () => {
        let at = 0
        for (const sentence of captions.sentences) {
          for (const { text, text_start: start, text_end: end } of sentence.words) {
            assert.ok(start >= at, `${text} comes twice`)
            assert.doesNotMatch(original.slice(at, start), /[\p{L}\p{N}]/u)
            assert.equal(text, original.slice(start, end))
            at = end
          }
        }
        assert.doesNotMatch(original.slice(at), /[\p{L}\p{N}]/u)
      })

      it('is heard while it is spoken, as it is in the end', async () => {
        assert.ok(Number(heardAfter) < Number(spokenAfter), program.output)
        const file = await (await fetch(`${api}/${uuid}/audio`)).bytes()
        assert.ok(wav.subarray(WAV_HEADER_BYTES).equals(file.subarray(WAV_HEADER_BYTES)))
      })

      it('has captions that end where the sound ends', async () => {
        const { samples, sampleRate } = soundOf(wav)
        const seconds = samples.length / sampleRate
        assert.ok(Math.abs(captions.duration - seconds) <= 0.002)
        for (const format of ['vtt', 'srt']) {
          assert.ok(Math.abs(lastEnd(String(await kept(`${name}.${format}`))) - seconds) <= 0.002, format)
        }
      })

      it('is as loud as all speech', () => {
        const { samples, sampleRate } = soundOf(wav)
        const meter = new LoudnessMeter(sampleRate)
        meter.add(toFloat32(samples))
        assert.ok(Math.abs(meter.integrated() - TARGET_LUFS) < 1, `${meter.integrated()} LUFS`)
      })
    })
  }

  /** What is said of each piece of the newspaper, which is in it only once. */
  const HARD = [
    ['1,240명 찾아', '천이백사십 명 찾아…'],
    ['348억5천만 원을', '삼백사십팔억 오천만 원을'],
    ['12만 4,000여 명에', '십이만 사천여 명에'],
    ['(日 380명)', '도서관(일 삼백팔십 명)의'],
    ['2,480㎡', '이천사백팔십 제곱미터'],
    ['오전 9시~오후 6시', '오전 아홉 시에서 오후 여섯 시,'],
    ['3~4층', '삼에서 사층'],
    ['60개', '예순 개를'],
    ['10월', '시월'],
    ['10대 17%', '십대 십칠 퍼센트,'],
    ['8%p', '팔 퍼센트포인트'],
    ['1/5', '오분의 일을'],
    ['250kW급', '이백오십 킬로와트급'],
    ['영하 10℃', '영하 십 도'],
    ['3~5권', '세 권에서 다섯 권을'],
    ['USD 75,000', '칠만 오천 달러(약'],
    ['韓·美·日 3국', '"한미일 삼국의'],
    ['6·3', '육삼'],
    ['2호선', '이호선'],
    ['3번 출구', '삼번 출구에서'],
    ['350m', '삼백오십 미터,'],
    ['02-1234-5678', '공이에 일이삼사에 오육칠팔'],
    ['library@example.com', '라이브러리 골뱅이 example 닷 컴.'],
  ] as const

  it('is the same as MP3 and as Opus', async () => {
    const env = { VOICE_POCKET_URL: new URL(api).origin }
    const file = join(workspace.folder, 'hello.txt')
    await writeFile(file, 'Good morning. 안녕하세요.')
    const formats = ['--format', 'mp3', '--format', 'opus']
    const again = workspace.start([process.execPath, PROGRAM, ...formats, file], { env })
    assert.equal(await again.exited, 0, again.output)
    const { samples, sampleRate } = soundOf(await kept('hello.wav'))
    for (const format of ['mp3', 'opus']) {
      const decoded = await decodeSound(new BufferSource(await kept(`hello.${format}`)), 1000)
      const seconds = decoded.samples.length / decoded.sampleRate
      assert.ok(Math.abs(seconds - samples.length / sampleRate) < 0.1, `${format}: ${seconds} s`)
    }
  })

  it('reads the newspaper as a newsreader would', async () => {
    const text = await readFile(join(TEXTS, 'newspaper.ko.txt'), 'utf8')
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ text })
    const response = await fetch(new URL('/v1/text', api), { method: 'POST', headers, body })
    const { segments } = (await response.json()) as { segments: { words: readonly Spoken[] }[] }
    const words = segments.flatMap((segment) => segment.words)
    for (const [piece, said] of HARD) {
      const start = text.indexOf(piece)
      const end = start + piece.length
      const found = words.filter((word) => word.text_start < end && word.text_end > start)
      assert.equal(found.map((word) => word.text).join(' '), said, piece)
    }
  })

  it('says what is wrong, and ends with an error', async () => {
    const env = { VOICE_POCKET_URL: new URL(api).origin, EMAIL: 'nobody' }
    const refused = workspace.start([process.execPath, PROGRAM, join(TEXTS, 'chat.txt')], { env })
    assert.equal(await refused.exited, 1)
    assert.match(refused.output, /^\/v1\/speech: 422 .*e-mail address[^\n]*$/)
  })
})

/** A stream's header does not know how long it is. */
function soundOf(wav: Buffer) {
  return readWav(new Uint8Array(wav))
}

function lastEnd(captions: string): number {
  const [, hours, minutes, seconds] = [...captions.matchAll(/--> (\d+):(\d+):(\d+[.,]\d+)/g)].at(-1) ?? []
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds?.replace(',', '.'))
}
