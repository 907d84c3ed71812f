import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import {
  type AnyResult,
  type AnySignature,
  ChordError,
  chain,
  chord,
  GroupResult,
  group,
  type LooseSettings,
  pipe,
} from '../../src/index.ts'
import { RunningWorker } from '../running-worker.ts'
import { canvasApp, type Seen } from './canvas-tasks.ts'

const timeout = 10

/**
 * What every canvas promises, whatever keeps its results. `counts`: the backend counts the parts of chords; for one
 * that does not, the task celery.chord_unlock looks whether they are done, and none can be added.
 */
export function describeCanvas(
  name: string,
  settings: () => Promise<LooseSettings>,
  { counts = true }: { counts?: boolean } = {},
): void {
  describe(`canvas over ${name}`, { timeout: 60_000 }, () => {
    let t: ReturnType<typeof canvasApp>
    let worker: RunningWorker

    before(async () => {
      t = canvasApp(await settings())
      worker = await RunningWorker.start(t.app, { concurrency: 4 })
    })
    after(async () => {
      await worker[Symbol.asyncDispose]()
      await t.app.close()
    })
    beforeEach(() => t.noted.splice(0))

    const run = async (signature: AnySignature) => (await signature.applyAsync()).get({ timeout })
    const thrownBy = async (signature: AnySignature) =>
      run(signature).then(assert.fail, (error: Error) => error)

    describe('runs', () => {
      it('a chain, each with the value of the one before it', async () => {
        assert.equal(await run(chain(t.add.s(1, 2), t.add.s(3), t.add.s(4))), 10)
      })

      it('a chain of one, and of a hundred', async () => {
        assert.equal(await run(chain([t.add.s(1, 2)])), 3)
        const many = Array.from({ length: 99 }, () => t.add.s(1))
        assert.equal(await run(chain([t.add.s(0, 1), ...many])), 100)
      })

      it('what takes nothing from the one before it', async () => {
        assert.equal(await run(chain(t.add.s(1, 2), t.add.si(10, 20), t.add.s(1))), 31)
      })

      it('a group, its values in its order', async () => {
        const result = await group(t.add.s(1, 1), t.echo.s('two'), t.add.s(3, 3)).applyAsync()
        assert.ok(result instanceof GroupResult)
        assert.deepEqual(await result.get({ timeout }), [2, 'two', 6])
      })

      it('groups in a group as one, in their order', async () => {
        const nested = group(t.echo.s(1), group(t.echo.s(2), group(t.echo.s(3), t.echo.s(4))), t.echo.s(5))
        assert.deepEqual(await run(nested), [1, 2, 3, 4, 5])
        assert.deepEqual(await run(chord(nested, t.echo.s())), [1, 2, 3, 4, 5])
      })

      it('a group with arguments for all of it', async () => {
        const result = await group(t.add.s(1), t.add.s(2)).delay(10)
        assert.deepEqual(await result.get({ timeout }), [11, 12])
      })

      it('an empty group, which is done', async () => {
        const result = await group([]).applyAsync()
        assert.deepEqual([await result.ready(), await result.get()], [true, []])
      })

      it('a chord, its body with the values in the order of the header', async () => {
        assert.deepEqual(await run(chord([t.echo.s('a'), t.echo.s('b'), t.echo.s('c')], t.list.s(1))), [
          ['a', 'b', 'c'],
          1,
        ])
      })

      it('a chord of one, and of a hundred', async () => {
        assert.equal(await run(chord([t.add.s(1, 2)], t.total.s())), 3)
        const header = Array.from({ length: 100 }, (_, n) => t.add.s(n, 0))
        assert.equal(await run(chord(header, t.total.s())), 4950)
      })

      it('the body of a chord without a header, with no values', async () => {
        assert.deepEqual(await run(chord([] as ReturnType<typeof t.echo.s>[], t.echo.s())), [])
      })

      it('a group in the middle of a chain as a chord', async () => {
        const whole = chain(t.add.s(1, 1), group(t.add.s(1), t.add.s(2)), t.total.s(), t.add.s(100))
        assert.equal(await run(whole), 107)
      })

      it('a group at the end of a chain', async () => {
        const result = await chain(t.add.s(1, 1), group(t.add.s(1), t.add.s(2))).applyAsync()
        assert.ok(result instanceof GroupResult)
        assert.deepEqual(await result.get({ timeout }), [3, 4])
      })

      it('a group of one in a chain as its only task', async () => {
        assert.equal(await run(chain(t.add.s(1, 1), group(t.add.s(1)), t.echo.s())), 3)
      })

      it('a group after a group: each of the second with all of the first', async () => {
        const whole = chain(group(t.echo.s(1), t.echo.s(2)), group(t.total.s(), t.echo.s()))
        assert.deepEqual(await run(whole), [3, [1, 2]])
      })

      it('a chord whose header has chains, chords and groups at the ends of chains', async () => {
        const whole = chord(
          [
            chain(t.add.s(1, 1), t.add.s(1)),
            chord([t.add.s(1, 1), t.add.s(2, 2)], t.total.s()),
            chain(t.add.s(1, 1), group(t.add.s(1), t.add.s(2))),
            t.echo.s('last'),
          ],
          t.echo.s(),
        )
        assert.deepEqual(await run(whole), [3, 6, [3, 4], 'last'])
      })

      it('a chord whose body is a chain, a group, or a chord', async () => {
        const header = [t.add.s(1, 1), t.add.s(2, 2)]
        assert.equal(await run(chord(header, chain(t.total.s(), t.add.s(1)))), 7)
        assert.deepEqual(await run(chord(header, group(t.total.s(), t.echo.s()))), [6, [2, 4]])
        assert.deepEqual(await run(chord(header, chord([t.total.s(), t.total.s()], t.echo.s()))), [6, 6])
      })

      it('chords one after the other, and nested four deep', async () => {
        const twice = () => group(t.echo.s(), t.echo.s())
        const rows = chain(t.echo.s(1), twice(), t.total.s(), twice(), t.total.s(), twice(), t.total.s())
        assert.equal(await run(rows), 8)
        let deep: AnySignature = t.echo.s(1)
        for (let level = 0; level < 4; level += 1) deep = chord([deep, deep.clone()], t.total.s())
        assert.equal(await run(deep), 16)
      })

      it('the same signature twice, each time with its own ids', async () => {
        const whole = chain(t.add.s(1, 1), group(t.add.s(1), t.add.s(2)), t.total.s())
        const [one, other] = await Promise.all([whole.applyAsync(), whole.applyAsync()])
        assert.notEqual(one.id, other.id)
        assert.deepEqual([await one.get({ timeout }), await other.get({ timeout })], [7, 7])
      })

      it('map, starmap and chunks', async () => {
        assert.deepEqual(await run(t.echo.map([1, 2, 3])), [1, 2, 3])
        assert.deepEqual(
          await run(
            t.add.starmap([
              [1, 2],
              [3, 4],
            ]),
          ),
          [3, 7],
        )
        assert.deepEqual(
          await run(
            t.add.chunks(
              [
                [1, 2],
                [3, 4],
                [5, 6],
              ],
              2,
            ),
          ),
          [[3, 7], [11]],
        )
      })
    })

    describe('keeps', () => {
      it('the ids of root, parent and group, as Celery has them', async () => {
        const whole = chain(t.see.s(1), group(t.see.s(2), t.see.s(3)), t.see.s(4))
        const result = await whole.applyAsync()
        const body = (await result.get({ timeout })) as Seen
        const header = body.args[0] as [Seen, Seen]
        const first = header[0].args[0] as Seen
        assert.deepEqual([first.root, first.parent, first.group], [first.id, null, null])
        for (const [index, part] of header.entries()) {
          assert.deepEqual([part.root, part.parent, part.index], [first.id, first.id, index])
        }
        assert.equal(header[0].group, header[1].group)
        assert.deepEqual([body.root, body.parent, body.group], [first.id, first.id, header[0].group])
        assert.equal(body.id, result.id)
      })

      it('what each task started as its children', async () => {
        const signature = t.add.s(1, 1)
        signature.link(t.add.s(5))
        const result = await chain(signature, group(t.echo.s(), t.echo.s())).applyAsync()
        await result.get({ timeout })
        const first = result.parent
        await first?.get({ timeout }) // its record comes after what it sent, which may be done by then
        const [callback, members] = (await first?.children()) ?? []
        assert.equal(await callback?.get({ timeout }), 7)
        assert.deepEqual(await members?.get({ timeout }), [2, 2])
      })

      it('the results of a chain, from its last task to its first', async () => {
        const result = await chain(t.add.s(1, 1), t.add.s(1), t.add.s(1)).applyAsync()
        assert.equal(await result.get({ timeout }), 4)
        assert.equal(await result.parent?.get({ timeout }), 3)
        assert.equal(await result.parent?.parent?.get({ timeout }), 2)
        assert.equal(result.parent?.parent?.parent, undefined)
      })

      it('a group result for later', async () => {
        const result = await group(t.echo.s(1), t.echo.s(2)).applyAsync()
        await result.save()
        const restored = await GroupResult.restore(result.id, t.app)
        assert.deepEqual(await restored?.get({ timeout }), [1, 2])
        await result.delete()
        assert.equal(await GroupResult.restore(result.id, t.app), undefined)
      })

      it('nothing of a chord that is over', async () => {
        const result = await chord([t.echo.s(1), t.echo.s(2)], t.echo.s()).applyAsync()
        await result.get({ timeout })
        const [id] = result.parent?.asList() ?? []
        const { chords } = await t.app.backend()
        const part = { taskId: 'again', status: 'SUCCESS', result: 1 }
        assert.equal(await chords?.add({ groupId: String(id), groupIndex: 0 }, part), undefined)
      })
    })

    describe('calls back', () => {
      it('one, and several', async () => {
        const signature = t.add.s(1, 1)
        signature.link(t.note.s())
        await run(signature)
        assert.deepEqual(await t.notes(1), [2])
        signature.link(t.note.si('other'))
        await run(signature)
        assert.deepEqual([...(await t.notes(3))].sort(), [2, 2, 'other'])
      })

      it('a chain, a group and a chord', async () => {
        const signature = t.add.s(1, 1)
        signature.link(chain(t.add.s(1), t.note.s()))
        signature.link(group(t.note.s(), t.note.s()))
        signature.link(chord([t.echo.s(), t.echo.s()], t.note.s()))
        await run(signature)
        assert.deepEqual(new Set((await t.notes(4)).map(String)), new Set(['3', '2', '2,2']))
      })

      it('at the end of a chain, and of a chord', async () => {
        const links = chain(t.add.s(1, 1), t.add.s(1))
        links.link(t.note.s())
        await run(links)
        const sum = chord([t.add.s(1, 1), t.add.s(2, 2)], t.total.s())
        sum.link(t.note.s())
        await run(sum)
        assert.deepEqual(await t.notes(2), [3, 6])
      })

      it('errbacks of both styles', async () => {
        const signature = t.boom.s()
        signature.linkError(t.blame.s())
        signature.linkError(t.note.s())
        const result = await signature.applyAsync()
        await assert.rejects(result.get({ timeout }), /boom/)
        const notes = await t.notes(2)
        assert.ok(notes.includes(result.id))
        assert.deepEqual(notes.find(Array.isArray), [result.id, 'TypeError', 'boom', true])
      })

      it('the errback of a chain once, for whichever task fails', async () => {
        await thrownBy(chain(t.add.s(1, 1), t.boom.s(), t.echo.s()).onError(t.note.s()))
        await thrownBy(chain(t.boom.s(), t.echo.s(), t.echo.s()).onError(t.note.s()))
        assert.equal((await t.notes(2)).length, 2)
      })

      it('the errback of a chord when its header fails, and when its body does', async () => {
        const header = await chord([t.boom.s(), t.echo.s(1)], t.echo.s())
          .onError(t.note.s())
          .applyAsync()
        assert.ok((await header.get({ timeout, propagate: false })) instanceof ChordError)
        const body = await chord([t.echo.s(1), t.echo.s(1)], t.boom.s())
          .onError(t.note.s())
          .applyAsync()
        assert.match(String(await body.get({ timeout, propagate: false })), /boom/)
        assert.deepEqual(await t.notes(2), [header.id, body.id])
      })
    })

    describe('fails', () => {
      it('every task of a chain behind the one that failed', async () => {
        const result = await chain(t.add.s(1, 1), t.boom.s(), t.echo.s(), t.echo.s()).applyAsync()
        await assert.rejects(result.get({ timeout }), TypeError)
        const states: string[] = []
        for (let node: AnyResult | undefined = result; node; node = node.parent) {
          await node.get({ timeout, propagate: false })
          states.push(node instanceof GroupResult ? 'a group' : await node.state())
        }
        assert.deepEqual(states, ['FAILURE', 'FAILURE', 'FAILURE', 'SUCCESS'])
      })

      it('the body of a chord with the name of the task that failed', async () => {
        const failing = t.boom.s()
        failing.freeze()
        const error = await thrownBy(chord([t.echo.s(1), failing, t.echo.s(2)], t.echo.s()))
        assert.ok(error instanceof ChordError)
        assert.equal(error.message, `Dependency ${failing.id} raised TypeError('boom')`)
      })

      it('what waits for a chord that failed', async () => {
        const failing = () => chord([t.boom.si(), t.echo.si(1)], t.echo.s())
        assert.ok((await thrownBy(chain(t.echo.s(1), failing(), t.echo.s()))) instanceof ChordError)
        assert.ok((await thrownBy(chord([failing(), t.echo.s(2)], t.echo.s()))) instanceof ChordError)
        assert.ok(
          (await thrownBy(chord([t.echo.s(1)], chord([t.boom.s()], t.echo.s())))) instanceof ChordError,
        )
      })

      it('a chord and a group that come after a task that failed', async () => {
        const twice = () => group(t.echo.s(), t.echo.s())
        assert.equal((await thrownBy(chain(t.boom.s(), twice(), t.echo.s()))).message, 'boom')
        assert.equal((await thrownBy(chain(t.boom.s(), twice()))).message, 'boom')
        const inHeader = chord(
          [chain(t.boom.s(), twice()), chain(t.boom.s(), twice(), t.echo.s())],
          t.echo.s(),
        )
        assert.match((await thrownBy(inHeader)).message, /boom/)
      })

      it('each task of a group that is the body of a chord', async () => {
        const result = await chord([t.boom.s()], group(t.echo.s(), t.echo.s())).applyAsync()
        assert.ok(result instanceof GroupResult)
        const errors = await Promise.all(
          [...result].map((member) => Promise.resolve(member.get({ timeout, propagate: false }))),
        )
        assert.ok(errors.length === 2 && errors.every((error) => error instanceof ChordError))
      })

      it('a group with the first failure, the others as they are', async () => {
        const result = await group(t.echo.s(1), t.boom.s(), t.echo.s(3)).applyAsync()
        await assert.rejects(result.get({ timeout }), TypeError)
        const values = await result.get({ timeout, propagate: false })
        assert.deepEqual([values[0], (values[1] as unknown) instanceof TypeError, values[2]], [1, true, 3])
        assert.deepEqual([await result.successful(), await result.failed()], [false, true])
        assert.equal(await result.completedCount(), 2)
      })
    })

    describe('replaces a task', () => {
      for (const [what, value] of [
        ['task', 2],
        ['chain', 12],
        ['group', [2, 3]],
        ['chord', 5],
      ] as const) {
        it(`by a ${what}: who waits for the task gets its value`, async () => {
          assert.deepEqual(await run(t.become.s(1, what)), value)
          assert.deepEqual(await run(chain(t.become.s(1, what), t.list.s('after'))), [value, 'after'])
          const inChord = chord([t.become.s(1, what), t.echo.s(0)], t.list.s())
          assert.deepEqual(await run(inChord), [[value, 0]])
        })
      }

      it('and keeps its callbacks and errbacks', async () => {
        const signature = t.become.s(1, 'chain')
        signature.link(t.note.s())
        await run(signature)
        assert.deepEqual(await t.notes(1), [12])
      })

      if (counts)
        it('or adds to its chord', async () => {
          const values = await run(chord([t.grow.s(1), t.echo.s(2)], t.echo.s()))
          assert.deepEqual([...(values as number[])].sort(), [1, 101, 2])
        })
    })

    it('upgrades what is piped together', async () => {
      const whole = pipe(pipe(group(t.add.s(1, 1), t.add.s(2, 2)), t.total.s()), t.add.s(1))
      assert.equal(await run(whole), 7)
    })
  })
}
