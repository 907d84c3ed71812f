/** SSML on the embedded default: by HTTP through a chord of parts, by the queue, and by the command line. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { readWav } from '../../src/audio/wav.ts'
import { follow } from './events.ts'
import { Workspace } from './workspace.ts'

const EMAIL = 'reader@example.com'
const PARAGRAPHS = 40

async function open(t: TestContext) {
  const workspace = await Workspace.open(t)
  const { api, program } = await workspace.serve({ VOICE_POCKET_CONCURRENCY: '2' })
  const post = (body: object) =>
    fetch(api, {
      method: 'POST',
      body: JSON.stringify({ email: EMAIL, input_type: 'ssml', ...body }),
      headers: { 'content-type': 'application/json' },
    })
  return { api, program, post, workspace }
}

interface Captions {
  readonly duration: number
  readonly sentences: { text: string; start: number; end: number; text_start: number; text_end: number }[]
  readonly marks: { name: string; time: number; text_start: number }[]
}

test('a long text is spoken in parts by all, with its breaks, marks and places right across them', async (t) => {
  const { api, post } = await open(t)
  const paragraph = (i: number) =>
    `<p><mark name="m${i}"/>Paragraph <prosody rate="fast">number</prosody> ${i} &amp; more.</p>\n<break time="400ms"/>`
  const text = `<speak xml:lang="en">\n${Array.from({ length: PARAGRAPHS }, (_, i) => paragraph(i)).join('\n')}</speak>`
  const uuid = randomUUID()
  assert.equal((await post({ uuid, text })).status, 202)
  const seen = await follow(`${api}/${uuid}/events`)
  assert.equal(seen.at(-1)?.state, 'SUCCESS')
  assert.ok(seen.some(({ state }) => state === 'PROGRESS'))

  const { samples, sampleRate } = readWav(await (await fetch(`${api}/${uuid}/audio`)).bytes())
  const captions = (await (await fetch(`${api}/${uuid}/captions`)).json()) as Captions
  assert.ok(Math.abs(captions.duration - samples.length / sampleRate) < 0.002)
  assert.deepEqual(
    captions.sentences.map((sentence) => sentence.text),
    Array.from({ length: PARAGRAPHS }, (_, i) => `Paragraph number ${i} & more.`),
  )
  assert.deepEqual(
    captions.marks.map(({ name }) => name),
    Array.from({ length: PARAGRAPHS }, (_, i) => `m${i}`),
  )
  for (const [i, { start, end, text_start: from, text_end: to }] of captions.sentences.entries()) {
    assert.ok(text.slice(from, to).startsWith('Paragraph <prosody') && text.slice(from, to).endsWith('more.'))
    assert.ok(Math.abs(Number(captions.marks[i]?.time) - start) < 0.1, `m${i} is where its paragraph begins`)
    const next = captions.sentences[i + 1]?.start ?? captions.duration
    assert.ok(Math.abs(next - end - 0.4) < 0.002, `${next - end} s behind paragraph ${i}`)
    const silence = samples.subarray(Math.ceil(end * sampleRate) + 50, Math.floor(next * sampleRate) - 50)
    assert.ok(silence.every((sample) => sample === 0))
  }
})

test('the command line takes SSML, and says what is wrong in it', async (t) => {
  const workspace = await Workspace.open(t)
  const run = async (...args: readonly string[]) => {
    const program = workspace.voicePocket(args)
    return { code: await program.exited, output: program.output }
  }
  const digits = '<speak>Room <say-as interpret-as="digits">101</say-as></speak>'
  const shown = await run('text', '--ssml', digits)
  assert.deepEqual([shown.code, shown.output.split('\n')[0]], [0, 'en  Room one zero one'])
  const refused = await run('say', '--ssml', '<speak>Hello</spek>')
  assert.notEqual(refused.code, 0)
  assert.match(refused.output, /line 1, column \d+: this is no well-formed XML/)
})
