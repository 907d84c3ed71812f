/** An engine that cannot be trusted, in the service as it runs: one program, prefork, SQLite. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Connection, Consumer, type Message, Queue } from '@voice-pocket/kombu'
import { follow } from './events.ts'
import type { Program } from './program.ts'
import { Workspace } from './workspace.ts'

const ENGINE = new URL('../engines/faulty-engine.mjs', import.meta.url).pathname

describe('an engine that', { timeout: 120_000 }, () => {
  const cleanUp = new AsyncDisposableStack()
  let [workspace, program, api] = [] as unknown as [Workspace, Program, string]

  before(async () => {
    workspace = await Workspace.open({ after: (end) => void cleanUp.defer(end) })
    const settings = {
      faulty: { calls: join(workspace.folder, 'calls') },
      openai: { baseUrl: 'http://127.0.0.1:3/v1', retries: 0 },
    }
    ;({ program, api } = await workspace.serve({
      VOICE_POCKET_ENGINES: `openai,faulty=${ENGINE},espeak`,
      VOICE_POCKET_ENGINE_SETTINGS: JSON.stringify(settings),
      VOICE_POCKET_ENGINE_TIMEOUT: '4', // a busy machine may need more than one to hand out 400 MiB
      VOICE_POCKET_CHILD_MEMORY: '300',
      VOICE_POCKET_CONCURRENCY: '3',
    }))
  })
  after(() => cleanUp.disposeAsync())

  /** How it ended. */
  async function speak(text: string, more: object = { engine: 'faulty' }) {
    const uuid = randomUUID()
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ uuid, email: 'kim@example.com', text, language: 'en', ...more })
    const answer = await fetch(api, { method: 'POST', headers, body })
    assert.equal(answer.status, 202, await answer.text())
    return (await follow(`${api}/${uuid}/events`)).at(-1)
  }

  /** What the output queue was told of it. */
  async function noticeOf(uuid: string): Promise<unknown> {
    await using connection = new Connection(`sqlite:///${join(workspace.folder, 'data/broker.sqlite')}`)
    const found = Promise.withResolvers<unknown>()
    const onMessage = (message: Message) => {
      const notice = message.payload as { uuid?: string }
      if (notice.uuid === uuid) found.resolve(notice)
    }
    const consumer = new Consumer(await connection.channel(), {
      queues: [new Queue('output.queue')],
      onMessage,
    })
    await consumer.consume()
    return found.promise
  }

  /** The processes in which the sentence was begun. */
  async function begunBy(sentence: string): Promise<string[]> {
    const calls = await readFile(join(workspace.folder, 'calls'), 'utf8')
    return calls
      .split('\n')
      .filter((call) => call.endsWith(` ${sentence}`))
      .map((call) => String(call.split(' ')[0]))
  }

  it('crashes twice costs two processes, and its request nothing', async () => {
    assert.equal((await speak('Crash twice.'))?.state, 'SUCCESS')
    assert.equal(new Set(await begunBy('Crash twice.')).size, 3)
  })

  it('crashes whenever it is asked fails the third time, and says how', async () => {
    const end = await speak('Crash for ever.')
    assert.equal(end?.state, 'FAILURE')
    assert.match(JSON.stringify(end), /WorkerLostError.*SIGSEGV/)
    assert.equal(new Set(await begunBy('Crash for ever.')).size, 3)
    const { uuid } = end as { uuid?: string }
    assert.match(JSON.stringify(await noticeOf(String(uuid))), /WorkerLostError.*SIGSEGV.*"FAILURE"/)
  })

  it('crashes in the middle of a long text costs two processes, and the text nothing', async () => {
    const text = `${'Well said, and easily. '.repeat(300)}Crash twice, please. ${'And well said. '.repeat(100)}`
    const end = await speak(text)
    assert.equal(end?.state, 'SUCCESS', JSON.stringify(end))
    assert.equal(new Set(await begunBy('Crash twice, please.')).size, 3)
  })

  it('ends its process with an exit code costs one', async () => {
    assert.equal((await speak('Exit once.'))?.state, 'SUCCESS')
    assert.equal(new Set(await begunBy('Exit once.')).size, 2)
  })

  it('does not come back is ended, whether it waits or computes, and the request tried again', async () => {
    const survive = async (sentence: string) => {
      assert.equal((await speak(sentence))?.state, 'SUCCESS')
      assert.equal(new Set(await begunBy(sentence)).size, 2, sentence)
    }
    await Promise.all(['Hang once.', 'Spin once.'].map(survive))
    await program.says(/The engine faulty neither finished a sentence within 4 s nor stopped/)
  })

  it('gives nothing for a sentence with something to say has failed', async () => {
    const end = await speak('Nothing at all.')
    assert.equal(end?.state, 'FAILURE')
    assert.match(JSON.stringify(end), /SynthesisError.*Nothing at all.*gave no sound/)
    assert.equal((await begunBy('Nothing at all.')).length, 1, 'it would give nothing again')
  })

  it('leaks loses its process after the request, which is well', async () => {
    assert.equal((await speak('Leak once.'))?.state, 'SUCCESS')
    const [pid] = await begunBy('Leak once.')
    await program.says(/KiB of memory, and may use 307200/)
    assert.ok(pid)
  })

  it('is unavailable is passed over for the next, and the log says so', async () => {
    assert.equal((await speak('Well said.', {}))?.state, 'SUCCESS')
    assert.equal((await begunBy('Well said.')).length, 1)
    await program.says(/The engine openai is unavailable|127\.0\.0\.1:3\/v1\/audio\/speech: /)
  })

  it('has not the language is passed over for one that has', async () => {
    assert.equal((await speak('안녕하세요.', { language: undefined, pitch: 1.1 }))?.state, 'SUCCESS')
    assert.deepEqual(await begunBy('안녕하세요.'), [])
  })

  it('does not exist is refused by name', async () => {
    const end = await speak('Hello.', { engine: 'flite' })
    assert.match(JSON.stringify(end), /InvalidVoiceError.*flite.*must be one of openai, faulty, espeak/)
  })

  it('ends the process that loads it is told of, by /v1/engines and by voice-pocket engines', async () => {
    const { engines } = (await (await fetch(api.replace(/speech$/, 'engines'))).json()) as {
      engines: { name: string; available: boolean; reason: string | null }[]
    }
    assert.deepEqual(
      engines.map(({ name, available }) => [name, available]),
      [
        ['openai', false],
        ['faulty', true],
        ['espeak', true],
      ],
    )
    const listing = workspace.voicePocket(['engines'], {
      VOICE_POCKET_ENGINES: `faulty=${ENGINE},espeak`,
      VOICE_POCKET_ENGINE_SETTINGS: '{"faulty":{"broken":true}}',
    })
    assert.equal(await listing.exited, 0, listing.output)
    assert.match(listing.output, /faulty {2}unavailable: .*ended its process \(SIGABRT\)/)
    assert.match(listing.output, /espeak {2}22050 Hz\n {2}languages: /)
  })
})
