import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EventDumper } from '../../src/bin/events.ts'
import { EventFactory } from '../events/event-factory.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { CeleryProcess } from './celery-process.ts'

describe('celery events --dump', () => {
  it('writes a line for each event, as Celery does', () => {
    const [dumper, events] = [new EventDumper(), new EventFactory()]
    const received = { uuid: 'a', name: 'add', args: '(1,)', kwargs: '{}', eta: null }
    const lines = [
      dumper.line(events.make('worker-heartbeat', { freq: 2 })),
      dumper.line(events.make('task-received', received)),
      dumper.line(events.make('task-succeeded', { uuid: 'a', result: "'x'" })),
      dumper.line(events.make('task-started', { uuid: 'unknown' })),
    ].map((line) => line.replace(/local_received=\d+, pid=7/, '…').replace(/\[.*?\]/, '[…]'))
    assert.deepEqual(lines, [
      'w1@host […] heartbeat: clock=1, freq=2, …, utcoffset=0',
      'w1@host […] task received: add(a) args=(1,) kwargs={} clock=2, eta=None, …, utcoffset=0',
      "w1@host […] task succeeded: add(a) args=(1,) kwargs={} clock=3, …, result='x', utcoffset=0",
      'w1@host […] task started: clock=4, …, utcoffset=0',
    ])
  })

  it('hears a worker come, and go at once when it is told to, also over a file', async (t) => {
    const broker = `sqlite:///${join(await temporaryFolder(t), 'broker.sqlite')}`
    await using monitor = new CeleryProcess(['-b', broker, 'events', '--dump'])
    await monitor.said(/starting capture/)
    const options = ['-b', broker, '--result-backend', broker, 'worker', '-P', 'solo', '-n', 'w1@here', '-E']
    await using worker = new CeleryProcess([...options, '--heartbeat-interval', '0.2'])
    await monitor.said(/^w1@here \[.*\] heartbeat: active=0, .*freq=0.2, .*sw_ident=ts-celery/m)
    worker.kill('SIGTERM')
    await monitor.said(/^w1@here \[.*\] shutdown: /m)
    assert.equal(await worker.ended(), 0)
    monitor.kill('SIGINT')
    assert.equal(await monitor.ended(), 0)
  })
})
