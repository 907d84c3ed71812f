import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EventDumper } from '../../src/bin/events.ts'
import { EventFactory } from '../events/event-factory.ts'

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
})
