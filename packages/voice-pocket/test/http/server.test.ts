import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ListenError } from '../../src/exceptions.ts'
import { HttpServer } from '../../src/http/server.ts'
import { openSpeechBench } from '../speech-bench.ts'
import { BODY, httpOptions, PATH, readEvents } from './http-bench.ts'

async function startServer(t: TestContext, port = 0) {
  const bench = await openSpeechBench(t)
  const server = bench.cleanUp.use(
    new HttpServer({
      ...httpOptions(bench),
      host: '127.0.0.1',
      port,
    }),
  )
  const address = await server.start()
  const post = () =>
    fetch(`${address}/v1/speech`, {
      method: 'POST',
      body: JSON.stringify(BODY),
      headers: { 'Content-Type': 'application/json' },
    })
  return { ...bench, server, address, post }
}

test('over a socket: ask, follow, fetch', async (t) => {
  const { address, post, worker } = await startServer(t)
  assert.equal((await post()).status, 202)
  for await (const { event } of readEvents(await fetch(`${address}${PATH}/events`))) {
    if (event === 'status') await worker.succeed(Buffer.from('RIFF and so on'))
  }
  const audio = await fetch(`${address}${PATH}/audio`, { headers: { Range: 'bytes=5-7' } })
  assert.equal(audio.status, 206)
  assert.equal(await audio.text(), 'and')
  const head = await fetch(`${address}${PATH}/audio`, { method: 'HEAD' })
  assert.equal(head.headers.get('content-length'), '14')
})

test('a client that closes its connection ends the watch behind the events', async (t) => {
  const { address, post, results } = await startServer(t)
  const left = Promise.withResolvers<void>()
  const watch = results.watch.bind(results)
  results.watch = (taskId, signal) => {
    signal?.addEventListener('abort', () => left.resolve())
    return watch(taskId, signal)
  }
  await post()
  const client = new AbortController()
  const response = await fetch(`${address}${PATH}/events`, { signal: client.signal })
  await response.body?.getReader().read()
  client.abort()
  await left.promise
})

test('stop ends event streams, hears nobody new, and may be called twice', async (t) => {
  const { address, post, server } = await startServer(t)
  await post()
  const events = readEvents(await fetch(`${address}${PATH}/events`))
  assert.equal((await events.next()).done, false)
  await Promise.all([server.stop(), server.stop()])
  assert.equal((await events.next()).done, true)
  await assert.rejects(fetch(`${address}/healthz`))
})

test('an answer that has begun is finished before the server is stopped', async (t) => {
  const { address, service, server } = await startServer(t)
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  service.status = async (uuid) => {
    asked.resolve()
    await answer.promise
    return { uuid, taskId: 't', state: 'PENDING' }
  }
  const response = fetch(`${address}${PATH}`)
  await asked.promise
  const stopped = server.stop()
  answer.resolve()
  assert.equal((await response).status, 200)
  await stopped
})

test('a port that is taken is said so, with what to do', async (t) => {
  const { address } = await startServer(t)
  const { port } = new URL(address)
  await assert.rejects(startServer(t, Number(port)), (error) => {
    return error instanceof ListenError && /free that address, or set HOST and PORT/.test(error.message)
  })
})

test('stop before start is fine', async (t) => {
  const bench = await openSpeechBench(t)
  await new HttpServer({ ...httpOptions(bench), host: '127.0.0.1', port: 0 }).stop()
})
