import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { it } from 'node:test'
import { signatureFromJson } from '../../src/canvas/from-json.ts'
import { type AnySignature, chain, chord, group, stamp } from '../../src/index.ts'
import { RunningWorker } from '../running-worker.ts'
import { canvasApp } from './canvas-tasks.ts'

const name = randomUUID()
const settings = { brokerUrl: `memory://${name}`, resultBackend: `cache+memory://${name}` }

it('a canvas is stamped to its last callback', async (test) => {
  const { app, echo } = canvasApp(settings)
  test.after(() => app.close())
  const linked = echo.s()
  linked.link(chain(echo.s(), echo.s()))
  linked.linkError(echo.s())
  const whole = stamp(chain(echo.s(1), group(linked, echo.s()), echo.s()), { batch: 7 })
  const stampsIn = (json: string) => json.match(/"batch":7/g)?.length
  assert.equal(stampsIn(JSON.stringify(whole)), 7)
  assert.equal(stampsIn(JSON.stringify(signatureFromJson(JSON.parse(JSON.stringify(whole)), app))), 7)
})

it('a visitor says which part has which stamp', async (test) => {
  const { app, echo } = canvasApp(settings)
  test.after(() => app.close())
  const [a, b, body, callback] = [echo.s(1), echo.s(2), echo.s(), echo.s()] as [
    AnySignature,
    AnySignature,
    AnySignature,
    AnySignature,
  ]
  body.link(callback)
  const asked: string[] = []
  const whole = chord([a, b], body)
  stamp(whole, {
    onSignature: (_signature, stamps) => ({ seen: asked.push(Object.keys(stamps).join()) }),
    onChordHeader: () => ({ part: 'header' }),
    onGroup: () => ({ group: true }),
    onChordBody: () => ({ part: 'body' }),
    onCallback: () => ({ callback: true }),
  })
  assert.deepEqual(asked, ['part,group', 'part,group', 'part,callback', 'part'])
  assert.deepEqual(whole.body.options.stamps, { part: 'body', seen: 4 })
  assert.deepEqual(whole.header.tasks[1]?.options.stamps, { part: 'header', group: true, seen: 2 })
})

it('stamps reach each task, in its request, and those that a chord starts', async (test) => {
  const { app, echo } = canvasApp(settings)
  const stamped = app.task('canvas.stamped', ({ request }, before: unknown) => [before, request.stamps], {
    bind: true,
  })
  test.after(() => app.close())
  await using _worker = await RunningWorker.start(app)
  const whole = stamp(chain(stamped.s('first'), group(echo.s(), echo.s()), stamped.s()), { batch: 7 })
  const first = ['first', { batch: 7 }]
  assert.deepEqual(await (await whole.applyAsync()).get({ timeout: 30 }), [[first, first], { batch: 7 }])
})
