/** A Spring Boot server built from the example: what it sends is spoken, and it hears back. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Program } from '../packages/voice-pocket/test/end-to-end/program.ts'
import { takeTurns } from '../packages/voice-pocket/test/end-to-end/turn.ts'
import { Workspace } from '../packages/voice-pocket/test/end-to-end/workspace.ts'
import { serviceUrl } from '../packages/voice-pocket/test/service-url.ts'
import { tool } from './tool.ts'

const SOURCE = fileURLToPath(new URL('./spring-boot', import.meta.url))
/** The first build on a machine downloads Spring. */
const TIMEOUT_MS = 600_000

const amqpUrl = serviceUrl('AMQP_URL')
const redisUrl = serviceUrl('REDIS_URL')
const [maven, java] = [await tool('mvn'), await tool('javac')]
const skip = (!(amqpUrl && redisUrl) && 'npm test starts RabbitMQ and Redis') || maven.skip || java.skip

if (amqpUrl) takeTurns(amqpUrl)

test('a Spring Boot server has text spoken, and hears of it', { skip, timeout: TIMEOUT_MS }, async (t) => {
  const workspace = await Workspace.open(t)
  const worker = workspace.voicePocket(['worker'], {
    CELERY_BROKER_URL: String(amqpUrl),
    CELERY_RESULT_BACKEND: String(redisUrl),
    VOICE_POCKET_CONCURRENCY: '1',
  })
  await worker.says(/takes messages from input\.queue/)
  const { server, address } = await startSpring(workspace)

  const uuid = randomUUID()
  const sent = await post(`${address}/send`, {
    uuid,
    email: 'minji@example.com',
    text: '안녕하세요. "스프링"입니다.',
  })
  assert.equal(sent.status, 202)
  assert.equal(sent.headers.get('location'), `/notices/${uuid}`)
  await server.says(new RegExp(`Notice\\[uuid=${uuid}, .*state=SUCCESS`))
  const notice = (await (await fetch(`${address}/notices/${uuid}`)).json()) as Notice
  assert.equal(notice.state, 'SUCCESS')
  assert.equal(notice.key, `minji@example.com/${uuid}.wav`)
  const { seconds, peak } = await workspace.measureSpeech(notice.key)
  assert.ok(seconds > 1 && peak > 0.1, `${seconds} s of at most ${peak}`)

  const refused = await post(`${address}/send`, { email: 'nobody', text: 'Hello.' })
  assert.equal(refused.status, 202)
  const { uuid: refusedUuid } = (await refused.json()) as Notice
  await server.says(new RegExp(`Notice\\[uuid=${refusedUuid}, .*state=REJECTED`))
  assert.equal(await worker.stop(), 0)
})

interface Notice {
  readonly uuid: string
  readonly state: string
  readonly key: string
}

/** Built beside the test's other files, so that the example's own folder stays as it is. */
async function startSpring(workspace: Workspace): Promise<{ server: Program; address: string }> {
  const folder = join(workspace.folder, 'spring-boot')
  await cp(SOURCE, folder, { recursive: true, filter: (path) => path !== join(SOURCE, 'target') })
  const build = workspace.start(['mvn', '-q', '-B', '-DskipTests', 'package'], { cwd: folder })
  assert.equal(await build.exited, 0, build.output)
  const server = workspace.start(['java', '-jar', join(folder, 'target/voice-pocket-example.jar')], {
    env: { SERVER_PORT: '0', RABBITMQ_URL: forSpring(String(amqpUrl)) },
  })
  const [, port] = await server.says(/Tomcat started on port (\d+)/)
  await server.says(/Started ExampleApplication/)
  return { server, address: `http://127.0.0.1:${port}` }
}

/** Spring takes the virtual host as it is written, so `/%2F` would be one called `%2F`. */
function forSpring(amqpUrl: string): string {
  const url = new URL(amqpUrl)
  const virtualHost = decodeURIComponent(url.pathname.slice(1))
  url.pathname = virtualHost === '/' ? '' : virtualHost
  return url.href
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}
