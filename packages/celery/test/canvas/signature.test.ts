import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { signatureFromJson } from '../../src/canvas/from-json.ts'
import { type AnySignature, chain, chord, group } from '../../src/index.ts'
import { takeMessage } from '../memory-app.ts'
import { canvasApp } from './canvas-tasks.ts'

const t = canvasApp({ brokerUrl: 'memory://signatures', resultBackend: 'cache+memory://signatures' })
after(() => t.app.close())

const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
const back = (signature: AnySignature) => signatureFromJson(plain(signature), t.app)
const call = (task: string, args: readonly unknown[] = [], more = {}) => ({
  ...{ task, args, kwargs: {}, options: {}, subtask_type: null, immutable: false },
  ...more,
})

describe('a signature as it travels', () => {
  it('is what Python Celery writes for the same', () => {
    assert.deepEqual(plain(t.add.s(2, 2)), call('canvas.add', [2, 2]))
    assert.deepEqual(plain(t.add.si(2, 2)), call('canvas.add', [2, 2], { immutable: true }))
    assert.deepEqual(
      plain(group(t.add.s(1, 1), t.add.s(2, 2))),
      call('celery.group', [], {
        kwargs: { tasks: [call('canvas.add', [1, 1]), call('canvas.add', [2, 2])] },
        subtask_type: 'group',
      }),
    )
    assert.deepEqual(
      plain(chord([t.add.s(1, 1)], t.total.s())),
      call('celery.chord', [], {
        kwargs: { kwargs: {}, header: [call('canvas.add', [1, 1])], body: call('canvas.total') },
        subtask_type: 'chord',
      }),
    )
    assert.deepEqual(
      plain(chain(t.add.s(1, 1), t.add.s(2))),
      call('celery.chain', [], {
        kwargs: { tasks: [call('canvas.add', [1, 1]), call('canvas.add', [2])] },
        subtask_type: 'chain',
      }),
    )
    assert.deepEqual(
      plain(t.echo.map([1, 2])),
      call('celery.map', [], { kwargs: { task: call('canvas.echo'), it: [1, 2] }, immutable: true }),
    )
    assert.deepEqual(
      plain(
        t.add.chunks(
          [
            [1, 2],
            [3, 4],
          ],
          1,
        ),
      ),
      call('celery.chunks', [], {
        kwargs: {
          task: call('canvas.add'),
          it: [
            [1, 2],
            [3, 4],
          ],
          n: 1,
        },
        immutable: true,
      }),
    )
  })

  it('spells its options as Celery does, callbacks and stamps among them', () => {
    const signature = t.add.s(1, 1).set({ taskId: 'id', routingKey: 'key', stamps: { monitor: 7 } })
    signature.link(t.note.s())
    signature.linkError(t.note.si('sorry'))
    assert.deepEqual(plain(signature).options, {
      ...{ task_id: 'id', routing_key: 'key', monitor: 7, stamped_headers: ['monitor'] },
      link: [call('canvas.note')],
      link_error: [call('canvas.note', ['sorry'], { immutable: true })],
    })
  })

  it('comes back as it went, whatever it is made of', () => {
    const whole = chain(
      t.add.s(1, 1).set({ countdown: 5, queue: 'q' }).onError(t.note.s()),
      chord([group(t.add.s(1), t.echo.s()), chain(t.add.s(1), t.add.s(1))], t.echo.s()),
      group(t.echo.s(), t.echo.s()),
    )
    assert.deepEqual(plain(back(whole)), plain(whole))
    whole.freeze()
    assert.deepEqual(plain(back(whole)), plain(whole))
  })

  it('keeps options of others that it does not know', () => {
    const json = call('x', [], {
      options: { immediate: true, task_id: null, stamped_headers: ['a'], a: 'b' },
    })
    assert.deepEqual(plain(signatureFromJson(json, t.app)).options, {
      ...{ immediate: true, stamped_headers: ['a'], a: 'b' },
    })
  })

  it('has the way it is to be sent as Celery spells it', async () => {
    const way = { deliveryMode: 1, timeout: 5, retryPolicy: { maxRetries: 7, intervalStart: 0.5 } } as const
    const json = plain(t.echo.s().set(way)).options
    assert.deepEqual(json, {
      ...{ delivery_mode: 1, timeout: 5, retry_policy: { max_retries: 7, interval_start: 0.5 } },
    })
    const endless = call('canvas.echo', ['x'], { options: { retry_policy: { max_retries: null } } })
    await signatureFromJson(endless, t.app).applyAsync()
    assert.ok(await takeMessage(t.app))
    const read = back(t.echo.s('x').set(way))
    assert.deepEqual(plain(read).options, json)
    await read.applyAsync()
    assert.equal((await takeMessage(t.app))?.properties.deliveryMode, 1)
  })

  it('of a group can let its tasks begin one after the other', () => {
    const countdowns = (...skew: number[]) => {
      const tasks = [t.echo.s(), t.echo.s(), t.echo.s()]
      return group(tasks)
        .skew(...skew)
        .tasks.map(({ options }) => options.countdown)
    }
    assert.deepEqual(countdowns(), [1, 2, 3])
    assert.deepEqual(countdowns(2, 4, 1.5), [2, 3.5, 3.5])
    assert.deepEqual(countdowns(5, 5), [5, 5, 5])
  })

  it('may have the header of a chord as a group, and one callback without a list', () => {
    const header = plain(group(t.add.s(1, 1), t.add.s(2, 2)))
    const json = plain(chord([t.add.s(0, 0)], t.total.s()))
    json.kwargs.header = header
    assert.deepEqual(
      plain(signatureFromJson(json, t.app)),
      plain(chord([t.add.s(1, 1), t.add.s(2, 2)], t.total.s())),
    )
    const linked = signatureFromJson(call('x', [], { options: { link: call('y') } }), t.app)
    assert.deepEqual(plain(linked).options.link, [call('y')])
  })

  it('is sent with everything that follows in its message', async () => {
    const first = t.add.s(1, 1)
    first.link(t.note.s())
    await chain(first, t.add.s(2), t.add.s(3))
      .set({ headers: { mine: 1 } })
      .applyAsync({ queue: 'signatures' })
    const message = await takeMessage(t.app, 'signatures')
    assert.ok(message)
    const [args, kwargs, embed] = message.payload as [unknown, unknown, Record<string, AnySignature[]>]
    assert.deepEqual([args, kwargs, message.headers.mine], [[1, 1], {}, 1])
    assert.deepEqual(
      embed.chain?.map(({ args }) => args),
      [[3], [2]],
    )
    assert.deepEqual([embed.callbacks?.length, embed.errbacks, embed.chord], [1, null, null])
  })
})

describe('a signature in hand', () => {
  it('takes more arguments before its own, and options on top', () => {
    const signature = t.list.s('own').set({ queue: 'a', priority: 1 })
    const copy = signature.clone({ args: ['before'], options: { queue: 'b' } })
    assert.deepEqual([copy.args, copy.options.queue, copy.options.priority], [['before', 'own'], 'b', 1])
    assert.deepEqual([signature.args, signature.options.queue], [['own'], 'a'])
  })

  it('takes none when it is immutable', () => {
    assert.deepEqual(t.list.si('own').clone({ args: ['before'], kwargs: { x: 1 } }).args, ['own'])
  })

  it('never leaves the group it is in', () => {
    const signature = t.list.s().set({ groupId: 'one' })
    assert.equal(signature.clone({ options: { groupId: 'other' } }).options.groupId, 'one')
  })

  it('links a callback once', () => {
    const [signature, callback] = [t.list.s(), t.note.s()]
    assert.equal(signature.link(callback), callback)
    signature.link(callback)
    assert.equal(signature.onError(callback).onError(callback), signature)
    assert.deepEqual([signature.options.link?.length, signature.options.linkError?.length], [1, 1])
  })

  it('keeps the id that freezing gave it', () => {
    const signature = t.list.s()
    const result = signature.freeze()
    assert.deepEqual([signature.freeze().id, signature.id], [result.id, result.id])
    const whole = chain(t.echo.s(1), group(t.echo.s(), t.echo.s()), t.echo.s())
    assert.deepEqual(whole.freeze().asTuple(), whole.freeze().asTuple())
  })

  it('says so when it belongs to no app, or has nothing to send', async () => {
    await assert.rejects(chain([] as AnySignature[]).applyAsync(), /empty chain/)
    await assert.rejects(
      t.app.signature('x').clone().set({ eta: 'tomorrow' }).delay(),
      /'eta' is not a valid time/,
    )
    assert.throws(() => group(t.add.s(1, 1)).clone({ options: { link: [t.note.s()] } }), /make it a chord/)
    assert.throws(() => t.add.chunks([], 0), /size of chunks is 0/)
  })
})

describe('a canvas that cannot be', () => {
  it('refers to itself', async () => {
    const signature = t.add.s(1, 1)
    signature.link(signature)
    await assert.rejects(signature.applyAsync(), /refers to itself: 'canvas.add'/)
    const one: AnySignature = group(t.add.s(1, 1))
    const other = chord([one], t.echo.s())
    one.parts[0]?.link(other.parts[0] as AnySignature)
    assert.throws(() => other.toJSON(), /refers to itself/)
  })

  it('is nested too deep', async () => {
    let deep: AnySignature = t.echo.s(1)
    for (let level = 0; level < 300; level += 1) {
      const next: AnySignature = t.echo.s()
      next.link(deep)
      deep = next
    }
    await assert.rejects(deep.applyAsync(), /nested more than 200 deep/)
    let json: unknown = call('x')
    for (let level = 0; level < 300; level += 1) json = call('x', [], { options: { link: [json] } })
    assert.throws(() => signatureFromJson(json, t.app), /nested more than 200 deep/)
  })

  it('is small to write and has no end to speak of', async () => {
    let bomb: AnySignature = t.echo.s(1)
    for (let level = 0; level < 30; level += 1) {
      const half = bomb
      bomb = Object.assign(t.echo.s(), { options: { link: [half], linkError: [half] } })
    }
    await assert.rejects(bomb.applyAsync(), /more than 100000 signatures/)
  })

  it('is not one', () => {
    const read = (json: unknown) => signatureFromJson(json, t.app)
    assert.throws(() => read(null), /A signature in a canvas must be an object; it is null/)
    assert.throws(() => read(call('')), /'task' of a signature must be the name of a task; it is ""/)
    assert.throws(
      () => read(call('x', 'no list' as never)),
      /'args' in a canvas must be a list; it is "no list"/,
    )
    assert.throws(
      () => read({ ...call('x'), kwargs: [] }),
      /'kwargs' in a canvas must be an object; it is \[\]/,
    )
    assert.throws(() => read(call('x', [], { subtask_type: 'chain' })), /'tasks' of a chain .* it is missing/)
    const chordJson = plain(chord([t.add.s(1, 1)], t.echo.s()))
    assert.throws(
      () => read({ ...chordJson, kwargs: { ...chordJson.kwargs, body: null } }),
      /must be an object/,
    )
    assert.throws(
      () => read({ ...chordJson, kwargs: { ...chordJson.kwargs, header: 5 } }),
      /must be an object/,
    )
  })
})
