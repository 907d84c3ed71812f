import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { State } from '../../src/events/state.ts'
import { EventFactory } from './event-factory.ts'

const ids = (tasks: Iterable<{ uuid: string }>) => [...tasks].map(({ uuid }) => uuid)

describe('the state of a cluster', () => {
  it('knows a worker by what it says of itself', () => {
    const [state, events] = [new State(), new EventFactory()]
    const fields = { freq: 2, active: 1, processed: 5, loadavg: [0.1, 0.2, 0.3] }
    state.event(events.make('worker-online', { ...fields, sw_ident: 'x', sw_ver: '1', sw_sys: 'Linux' }))
    const worker = state.workers.get('w1@host')
    assert.equal(worker?.id, 'w1@host.7')
    assert.deepEqual([worker.freq, worker.active, worker.processed], [2, 1, 5])
    assert.deepEqual([worker.swIdent, worker.swVer, worker.swSys], ['x', '1', 'Linux'])
  })

  it('counts a worker as alive for twice its interval after the last word', () => {
    const events = new EventFactory()
    let now = 0
    const state = new State({ now: () => now })
    state.event(events.make('worker-heartbeat', { freq: 2 }))
    const worker = state.workers.get('w1@host')
    now = events.time + 3.9
    assert.equal(worker?.alive, true)
    assert.deepEqual(state.aliveWorkers(), [worker])
    now = events.time + 4
    assert.equal(worker?.alive, false)
    state.event(events.make('task-started', { uuid: 'a' }))
    assert.equal(worker?.alive, true)
  })

  it('suspects a worker’s clock when it is far off', () => {
    const [state, events] = [new State(), new EventFactory()]
    state.event(events.make('worker-heartbeat', { local_received: events.time + 17 }))
    assert.equal(state.workers.get('w1@host')?.drift, undefined)
    state.event(events.make('worker-heartbeat', { local_received: events.time + 18 }))
    assert.equal(state.workers.get('w1@host')?.drift, 17)
  })

  it('tells of those who join and leave', () => {
    const told: string[] = []
    const state = new State({
      onNodeJoin: ({ hostname }) => told.push(`${hostname} joined`),
      onNodeLeave: ({ hostname }) => told.push(`${hostname} left`),
    })
    const [one, two] = [new EventFactory('one'), new EventFactory('two')]
    for (const event of [
      one.make('worker-online'),
      one.make('worker-heartbeat'),
      two.make('worker-heartbeat'),
    ])
      state.event(event)
    state.event(one.make('worker-offline'))
    assert.deepEqual(told, ['one joined', 'two joined', 'one left'])
    assert.deepEqual([...state.workers.keys()], ['two'])
  })

  it('follows a task from sent to its end', () => {
    const [state, client, events] = [new State(), new EventFactory('gen1@host'), new EventFactory()]
    state.event(client.make('task-sent', { uuid: 'a', name: 'add', queue: 'q', routing_key: 'q' }))
    assert.deepEqual([state.tasks.get('a')?.state, state.tasks.get('a')?.client], ['PENDING', 'gen1@host'])
    events.clock = 10
    const received = { uuid: 'a', name: 'add', args: '(1,)', kwargs: '{}', root_id: 'a', retries: 0 }
    const states = [
      events.make('task-received', received),
      events.make('task-started', { uuid: 'a' }),
      events.make('task-succeeded', { uuid: 'a', result: '3', runtime: 0.5 }),
    ].map((event) => {
      state.event(event)
      return state.tasks.get('a')?.state
    })
    assert.deepEqual(states, ['RECEIVED', 'STARTED', 'SUCCESS'])
    const task = state.tasks.get('a')
    assert.deepEqual([task?.args, task?.queue, task?.result, task?.runtime], ['(1,)', 'q', '3', 0.5])
    assert.deepEqual([task?.ready, task?.worker?.hostname, state.taskCount], [true, 'w1@host', 1])
  })

  it('lets an end stand whatever is heard later', () => {
    const [state, events] = [new State(), new EventFactory()]
    const received = events.make('task-received', { uuid: 'a', name: 'add', result: 'nonsense' })
    state.event(events.make('task-succeeded', { uuid: 'a', result: '3' }))
    state.event(received)
    const task = state.tasks.get('a')
    assert.deepEqual([task?.state, task?.name, task?.result], ['SUCCESS', 'add', '3'])
    state.event(events.make('task-progress', { uuid: 'a' }))
    assert.equal(task?.state, 'SUCCESS')
  })

  it('knows a state of a task’s own, and one that is tried again', () => {
    const [state, events] = [new State(), new EventFactory()]
    for (const type of ['task-started', 'task-cancelled']) state.event(events.make(type, { uuid: 'a' }))
    assert.equal(state.tasks.get('a')?.state, 'CANCELLED')
    for (const type of ['task-retried', 'task-received']) state.event(events.make(type, { uuid: 'b' }))
    assert.equal(state.tasks.get('b')?.state, 'RECEIVED')
  })

  it('gives tasks by time, type and worker', () => {
    const state = new State()
    const [one, two] = [new EventFactory('one'), new EventFactory('two')]
    two.clock = 100
    for (const uuid of ['a', 'b']) state.event(one.make('task-received', { uuid, name: 'add' }))
    state.event(two.make('task-received', { uuid: 'c', name: 'mul' }))
    two.clock = 200
    state.event(two.make('task-started', { uuid: 'c' }))
    state.event(one.make('task-started', { uuid: 'a' }))
    assert.deepEqual(ids(state.tasksByTime()), ['c', 'a', 'b'])
    assert.deepEqual(ids(state.tasksByTime({ reverse: false, limit: 2 })), ['a', 'b'])
    assert.deepEqual(ids(state.tasksByType('add', { limit: 1 })), ['a'])
    assert.deepEqual(ids(state.tasksByWorker('two')), ['c'])
    assert.deepEqual(state.taskTypes(), ['add', 'mul'])
  })

  it('knows parents and children, whichever is heard of first', () => {
    const [state, events] = [new State(), new EventFactory()]
    state.event(events.make('task-received', { uuid: 'late child', parent_id: 'p', root_id: 'p' }))
    state.event(events.make('task-received', { uuid: 'p' }))
    state.event(events.make('task-received', { uuid: 'child', parent_id: 'p', root_id: 'p' }))
    const parent = state.tasks.get('p')
    assert.ok(parent)
    assert.deepEqual(ids(parent.children), ['late child', 'child'])
    for (const child of parent.children)
      assert.deepEqual([state.parentOf(child), state.rootOf(child)], [parent, parent])
  })

  it('forgets the oldest beyond its bounds', () => {
    const state = new State({ maxTasksInMemory: 2, maxWorkersInMemory: 2 })
    const workers = ['one', 'two', 'three'].map((name) => new EventFactory(name))
    for (const [place, worker] of workers.entries()) {
      worker.clock = place * 100
      for (let n = 0; n < 20; n += 1)
        state.event(worker.make('task-received', { uuid: `${worker.hostname} ${n % 3}` }))
    }
    assert.deepEqual([...state.workers.keys()], ['two', 'three'])
    assert.deepEqual(ids(state.tasks.values()), ['three 0', 'three 1'])
    assert.deepEqual(ids(state.tasksByTime()).sort(), ['three 0', 'three 1'])
    assert.equal(state.eventCount, 60)
  })

  it('clears what has ended, or all', () => {
    const [state, events] = [new State(), new EventFactory()]
    state.event(events.make('task-succeeded', { uuid: 'a' }))
    state.event(events.make('task-started', { uuid: 'b' }))
    state.clear()
    assert.deepEqual([ids(state.tasks.values()), state.workers.size, state.eventCount], [['b'], 0, 0])
    assert.deepEqual(ids(state.tasksByTime()), ['b'])
    state.clear({ ready: false })
    assert.equal(state.tasks.size, 0)
  })

  it('counts what is of no worker and no task, and nothing more', () => {
    const seen: string[] = []
    const state = new State({ onEvent: ({ type }) => seen.push(type) })
    state.event(new EventFactory().make('custom-thing'))
    state.event(new EventFactory().make('task-started'))
    assert.deepEqual(
      [seen, state.eventCount, state.workers.size, state.tasks.size],
      [['custom-thing', 'task-started'], 2, 0, 0],
    )
  })
})
