import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Signal } from '../src/index.ts'
import { silentLogger } from '../src/logger.ts'
import { memoryApp } from './memory-app.ts'
import { RunningWorker } from './running-worker.ts'

describe('a signal', () => {
  it('reaches every receiver, also after one that fails, and none that disconnected', async () => {
    const signal = new Signal<string>('greeting')
    const heard: string[] = []
    signal.connect(() => Promise.reject(new Error('deaf')))
    signal.connect((word) => void heard.push(word))
    signal.connect((word) => void heard.push(`not ${word}`))()
    await signal.send('hello', silentLogger)
    assert.deepEqual(heard, ['hello'])
  })

  it('reaches who wants it of one sender only from that one', async () => {
    const signal = new Signal<string>('greeting')
    const heard: string[] = []
    signal.connect((word) => void heard.push(word), { sender: 'tasks.one' })
    await signal.send('one', silentLogger, 'tasks.one')
    await signal.send('two', silentLogger, 'tasks.two')
    await signal.send('nobody', silentLogger)
    assert.deepEqual(heard, ['one'])
  })

  it('rejects when a receiver that is required fails, once all others had theirs', async () => {
    const signal = new Signal<string>('greeting')
    const heard: string[] = []
    signal.connect(() => Promise.reject(new Error('deaf')), { isRequired: true })
    signal.connect((word) => void heard.push(word))
    await assert.rejects(signal.send('hello', silentLogger), { message: 'deaf' })
    assert.deepEqual(heard, ['hello'])
  })
})

describe('a task whose success a required receiver did not take', () => {
  it('is not acknowledged: it comes again, until the receiver takes it', async (t) => {
    const app = memoryApp(t)
    const told = Promise.withResolvers<void>()
    let runs = 0
    const speak = app.task('tasks.speak', () => ++runs, { acksLate: true })
    app.signals.taskSuccess.connect(
      () => {
        if (runs < 2) throw new Error('nobody could be told')
        told.resolve()
      },
      { isRequired: true },
    )
    await using running = await RunningWorker.start(app)
    await speak.delay()
    await told.promise
    await running.worker.state.idle()
    assert.equal(runs, 2)
  })
})
