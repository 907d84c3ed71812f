import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EventDumper } from '../../src/bin/event-dumper.ts'
import { EventFactory } from '../events/event-factory.ts'
import { createApp } from '../process-app.ts'
import { RunningWorker } from '../running-worker.ts'
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

describe('celery events --camera', () => {
  it('takes snapshots with the camera of a module, and the last one when it is told to stop', async (t) => {
    const folder = await temporaryFolder(t)
    const [broker, path] = [`sqlite:///${join(folder, 'broker.sqlite')}`, join(folder, 'camera.ts')]
    await writeFile(path, cameraModule(join(import.meta.dirname, '../../src/index.ts')))
    const options = ['--camera', `${path}:Names`, '-F', '0.01', '--maxrate', '1000/m', '-l', 'info']
    await using camera = new CeleryProcess(['-b', broker, 'events', ...options])
    await camera.said(/^-> evcam: Taking snapshots with \S+camera\.ts:Names \(every 0\.06 secs\.\)$/m)
    await camera.said(/^snapshot of $/m)
    await using _worker = await RunningWorker.start(
      createApp({ brokerUrl: broker, resultBackend: broker }).app,
      {
        ...{ pool: 'async', hostname: 'w1@here' },
      },
    )
    await camera.said(/^snapshot of w1@here$/m)
    camera.kill('SIGTERM')
    assert.equal(await camera.ended(), 0)
  })

  it('says when there is no camera', async () => {
    await using camera = new CeleryProcess(['events', '-c', join(import.meta.dirname, '../process-app.ts')])
    assert.equal(await camera.ended(), 2)
    assert.match(camera.stderr, /process-app\.ts exports 0 cameras\. Export one class that extends Polaroid/)
  })
})

function cameraModule(path: string): string {
  return `
    import { Polaroid } from '${path}'
    export class Names extends Polaroid {
      onShutter(state) {
        console.log('snapshot of ' + [...state.workers.keys()])
      }
    }`
}
