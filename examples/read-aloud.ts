/**
 * Has texts read aloud by a running service (`npm start`), and keeps of each the sound and its captions:
 * `node examples/read-aloud.ts [--out FOLDER] [--format mp3|opus|flac|aac …] [FILE …]`, without files those in
 * examples/texts/.
 * VOICE_POCKET_URL says where the service is, EMAIL whose voice it should be. PLAYER is a program that plays a WAV file
 * from its standard input, such as PLAYER='aplay -q': then a text is heard while it is being spoken.
 */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough, Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const TEXTS = fileURLToPath(new URL('./texts/', import.meta.url))
const service = new URL(process.env.VOICE_POCKET_URL ?? 'http://127.0.0.1:8080')
const email = process.env.EMAIL ?? 'reader@example.com'

const { values, positionals } = parseArgs({
  options: {
    out: { type: 'string', default: 'data/spoken' },
    format: { type: 'string', multiple: true, default: [] },
  },
  allowPositionals: true,
})

interface Links {
  readonly events: string
  readonly audio: string
  readonly captions: string
}

interface Captions {
  readonly duration: number
  readonly sentences: readonly {
    readonly text: string
    readonly start: number
    readonly text_start: number
  }[]
}

async function ask(path: string, body?: object): Promise<Response> {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(new URL(path, service), body === undefined ? {} : json).catch((cause) => {
    throw new Error(`No service at ${service}: start one with 'npm start', or set VOICE_POCKET_URL.`, {
      cause,
    })
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response
}

/** Follows the speech to its end. The stream of events ends by itself; nothing is polled. */
async function spoken(links: Links): Promise<void> {
  let last = ''
  const { body } = await ask(links.events)
  for await (const line of createInterface({ input: Readable.fromWeb(body as never) })) {
    if (line.startsWith('data: ')) last = line.slice('data: '.length)
  }
  const { state, error } = JSON.parse(last)
  if (state !== 'SUCCESS') throw new Error(`The speech ended as ${state}: ${error?.detail}`)
}

/** Into a file and, where there is one, a player, as it comes. Resolves with how many seconds the first of it took. */
async function listen(links: Links, file: string, began: number): Promise<number> {
  const response = await ask(`${links.audio}?follow=1`)
  const heard = secondsSince(began)
  const sound = Readable.fromWeb(response.body as never)
  const outputs: Writable[] = [createWriteStream(file)]
  const [program, ...args] = process.env.PLAYER?.split(' ') ?? []
  if (program) outputs.push(spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'] }).stdin)
  await Promise.all(outputs.map((output) => pipeline(sound.pipe(new PassThrough()), output)))
  return heard
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000
}

async function save(path: string, file: string): Promise<void> {
  await writeFile(file, new Uint8Array(await (await ask(path)).arrayBuffer()))
}

/** Sentence by sentence, when it is heard; and where it is not said as it is written, how it is said. */
async function show(text: string, { sentences, duration }: Captions): Promise<void> {
  const { segments } = (await (await ask('/v1/text', { text, email })).json()) as {
    segments: { text_start: number; spoken: string }[]
  }
  const readings = new Map(segments.map((segment) => [segment.text_start, segment.spoken]))
  for (const sentence of sentences) {
    const said = readings.get(sentence.text_start)
    console.log(`${sentence.start.toFixed(1).padStart(7)}  ${sentence.text}`)
    if (said !== undefined && said !== sentence.text) console.log(`         ${said}`)
  }
  console.log(`${duration.toFixed(1).padStart(7)}  the end`)
}

async function readAloud(file: string, folder: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const began = performance.now()
  const request = (await (await ask('/v1/speech', { email, text })).json()) as { uuid: string; links: Links }
  const path = (extension: string) => join(folder, `${basename(file, '.txt')}.${extension}`)
  const [heard, seconds] = await Promise.all([
    listen(request.links, path('wav'), began),
    spoken(request.links).then(() => secondsSince(began)),
  ])
  const captions = (await (await ask(request.links.captions)).json()) as Captions
  await writeFile(path('json'), JSON.stringify(captions))
  for (const format of ['vtt', 'srt']) await save(`${request.links.captions}?format=${format}`, path(format))
  for (const format of values.format) await save(`${request.links.audio}?format=${format}`, path(format))
  console.log(
    `\n${basename(file)} (${request.uuid}): heard after ${heard.toFixed(3)} s, spoken after ${seconds.toFixed(3)} s`,
  )
  await show(text, captions)
}

const files =
  positionals.length > 0 ? positionals : (await readdir(TEXTS)).sort().map((name) => join(TEXTS, name))
await mkdir(values.out, { recursive: true })
try {
  for (const file of files) await readAloud(file, values.out)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
