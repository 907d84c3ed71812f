import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { memoryApp } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

const typing = z.tuple([z.number(), z.object({ unit: z.enum(['km', 'mile']) })])

describe('a task with a schema of its arguments', () => {
  it('is not sent with arguments that do not fit, and the error names them', async (t) => {
    const app = memoryApp(t)
    const drive = app.task(
      'tasks.drive',
      (distance: number, { unit }: { unit: string }) => `${distance} ${unit}`,
      {
        typing,
      },
    )
    const wrong = drive.applyAsync({ args: ['far' as unknown as number, { unit: 'league' }] })
    await assert.rejects(
      wrong,
      /drive\(\) does not take these arguments: argument 1: .*number.*; argument 2\.unit: /,
    )
    assert.equal(await app.control.ping({ timeout: 0.01 }).then((replies) => replies.length), 0)
  })

  it('fails when another program sent it such arguments, by position or by name', async (t) => {
    const app = memoryApp(t)
    const drive = (distance: number, options: { unit: string }) => `${distance} ${options.unit}`
    app.task('tasks.drive', drive, { typing })
    await using _running = await RunningWorker.start(app, { pool: 'async' })
    const right = await app.sendTask('tasks.drive', { kwargs: { distance: 3, options: { unit: 'km' } } })
    assert.equal(await right.get({ timeout: 20 }), '3 km')
    const wrong = await app.sendTask('tasks.drive', { kwargs: { distance: 'far', options: { unit: 'km' } } })
    await assert.rejects(wrong.get({ timeout: 20 }), { name: 'TypeError', message: /argument 1: .*number/ })
  })

  it('gets what the schema makes of them', async (t) => {
    const app = memoryApp(t)
    const trimmed = app.task('tasks.trim', (text: string) => `<${text}>`, {
      typing: z.tuple([z.string().transform((text) => text.trim())]),
    })
    await using _running = await RunningWorker.start(app, { pool: 'async' })
    assert.equal(await (await trimmed.delay('  x ')).get({ timeout: 20 }), '<x>')
  })
})
