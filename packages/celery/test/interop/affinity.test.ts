/** Which child of a pool runs a task, whoever sent it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { type AsyncResult, WorkerLostError } from '../../src/index.ts'
import { FileGate } from '../concurrency/file-gate.ts'
import { RunningWorker } from '../running-worker.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { createApp } from './affinity-app.ts'
import { describeOverBrokers, Ground } from './border.ts'
import { PythonClient } from './python-processes.ts'

describeOverBrokers('a worker whose children have warm what they loaded', 120_000, (broker) => {
  let ground: Ground
  let client: PythonClient
  let made: ReturnType<typeof createApp>
  let running: RunningWorker

  before(async () => {
    ground = new Ground(broker)
    const { settings } = ground
    client = new PythonClient(ground.python)
    made = createApp(settings)
    const appModule = join(import.meta.dirname, 'affinity-app.ts')
    running = await RunningWorker.start(made.app, { pool: 'prefork', concurrency: 3, appModule, settings })
  })
  after(async () => {
    await running.worker.terminate()
    await client.end()
    await made.app.close()
    await ground.forget()
  })

  /** What a task gave, when its child is idle again. */
  const ended = async <Result>(result: AsyncResult<Result>): Promise<Result> => {
    const value = await result.get({ timeout: 20 })
    await running.worker.state.idle()
    return value
  }
  const who = async (key: string) => ended(await made.tasks.who.delay(key))
  const ofPython = async (affinity: unknown) => {
    const id = await client.send('affinity.whoever', ground.ours, { headers: { affinity } })
    return ended(made.app.asyncResult<number>(id))
  }

  it('has each key served by a child of its own while all are idle', async () => {
    const [a, b, c] = [await who('a'), await who('b'), await who('c')]
    assert.equal(new Set([a, b, c]).size, 3)
    assert.deepEqual([await who('b'), await who('a'), await who('c'), await who('a')], [b, a, c, a])
  })

  it('takes the keys from a header, as Python’s clients send it', async () => {
    const [a, b] = [await who('a'), await who('b')]
    assert.deepEqual([await ofPython('b'), await ofPython('a'), await ofPython('b')], [b, a, b])
    assert.deepEqual([await ofPython(['nobody', 'a']), await ofPython(['nobody', 'b'])], [a, a])
    assert.equal(typeof (await ofPython({ no: 'key' })), 'number')
  })

  it('does not let a task wait for the child that has its key', async (t) => {
    const folder = await temporaryFolder(t)
    const warm = await who('a')
    const holding = await made.tasks.hold.delay('a', folder)
    await new FileGate(folder, 'hold').entered()
    const meanwhile = await made.tasks.who.delay('a')
    assert.notEqual(await meanwhile.get({ timeout: 20 }), warm)
    await new FileGate(folder, 'hold').open()
    assert.equal(await ended(holding), warm)
  })

  it('forgets a child that died', async () => {
    const warm = await who('d')
    await assert.rejects((await made.tasks.die.delay('d')).get({ timeout: 20 }), WorkerLostError)
    assert.notEqual(await who('d'), warm)
  })

  it('runs a task whose affinity cannot be told', async () => {
    assert.equal(await (await made.tasks.unsure.delay()).get({ timeout: 20 }), 'ran')
    await running.logger.said(/affinity of a task cannot be told/)
  })
})
