/** The Python scripts as they are, against a real RabbitMQ, a real Redis and our worker. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { takeTurns } from '../packages/voice-pocket/test/end-to-end/turn.ts'
import { Workspace } from '../packages/voice-pocket/test/end-to-end/workspace.ts'
import { pythonPath, serviceUrl } from '../packages/voice-pocket/test/service-url.ts'

const amqpUrl = serviceUrl('AMQP_URL')
const redisUrl = serviceUrl('REDIS_URL')
const python = pythonPath()
const skip =
  !(amqpUrl && redisUrl && python) && 'npm test starts RabbitMQ and Redis and makes the Python environment'
if (amqpUrl) takeTurns(amqpUrl)

test('the Python examples', { skip, timeout: 60_000 }, async (t) => {
  const workspace = await Workspace.open(t)
  const env = {
    AMQP_URL: String(amqpUrl),
    CELERY_BROKER_URL: String(amqpUrl),
    CELERY_RESULT_BACKEND: String(redisUrl),
    VOICE_POCKET_CONCURRENCY: '1',
  }
  const worker = workspace.voicePocket(['worker'], env)
  await worker.says(/takes messages from input\.queue/)
  const run = async (script: string, ...args: string[]) => {
    const path = fileURLToPath(new URL(`./python/${script}`, import.meta.url))
    const program = workspace.start([String(python), path, ...args], { env })
    return { code: await program.exited, lines: program.lines, output: program.output }
  }

  await t.test('send_pika.py --wait prints the uuid, then the notice of the speech', async () => {
    const { code, lines, output } = await run('send_pika.py', '안녕하세요. 파이썬입니다.', '--wait')
    assert.equal(code, 0, output)
    const [uuid, notice = '', ...rest] = lines
    assert.deepEqual(rest, [])
    const { state, key, ...about } = JSON.parse(notice)
    assert.equal(about.uuid, uuid)
    assert.equal(state, 'SUCCESS')
    assert.equal(key, `reader@example.com/${uuid}.wav`)
    const { seconds, peak } = await workspace.measureSpeech(key)
    assert.ok(seconds > 1 && peak > 0.1, `${seconds} s of at most ${peak}`)
  })

  await t.test('send_pika.py is told what was wrong with its message', async () => {
    const { code, lines, output } = await run('send_pika.py', '--email', 'nobody', '--wait')
    assert.equal(code, 1, output)
    const { uuid, state, error } = JSON.parse(lines[1] ?? '')
    assert.deepEqual([uuid, state, error.reason], [lines[0], 'REJECTED', 'invalid_email'])
  })

  await t.test('send_task.py is told what the task threw', async () => {
    const { code, output } = await run('send_task.py', '…')
    assert.equal(code, 1, output)
    assert.match(output, /The task failed: UnspeakableTextError\(.*nothing to say/)
  })

  assert.equal(await worker.stop(), 0)
})
