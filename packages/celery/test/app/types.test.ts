/** What the compiler promises about tasks: `tsc` checks this file, and every `@ts-expect-error` must be one. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type AsyncResult, type BoundTask, Celery, type Task } from '../../src/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const check = <_Claim extends true>() => undefined

const app = new Celery('types')
const add = app.task('add', (x: number, y: number) => x + y)
const speak = app.task('speak', async (text: string, rate?: number) => ({ text, rate }))
const bound = app.task('bound', (self, text: string) => `${self.request.id}${text}`, {
  bind: true,
  maxRetries: null,
})
const typedSelf = app.task('self', async (_self: BoundTask) => 1, { bind: true })

/** Never called: only its types matter. */
export async function claims(): Promise<void> {
  check<Equal<typeof add, Task<[x: number, y: number], number>>>()
  check<Equal<Awaited<ReturnType<typeof add.delay>>, AsyncResult<number>>>()
  check<Equal<Awaited<ReturnType<AsyncResult<number>['get']>>, number>>()
  check<
    Equal<Awaited<ReturnType<typeof speak.delay>>, AsyncResult<{ text: string; rate: number | undefined }>>
  >()
  check<Equal<Parameters<typeof bound.delay>, [text: string]>>()
  check<Equal<Parameters<typeof typedSelf.delay>, []>>()

  await add.delay(1, 2)
  await speak.delay('hi')
  await bound.applyAsync({ args: ['hi'], countdown: 1, headers: { a: 1 } })
  // @ts-expect-error an argument is missing
  await add.delay(1)
  // @ts-expect-error an argument too many
  await add.delay(1, 2, 3)
  // @ts-expect-error an argument of the wrong type
  await add.delay('1', 2)
  // @ts-expect-error arguments of the wrong type
  await add.applyAsync({ args: ['1', 2] })
  // @ts-expect-error an option that does not exist
  await add.applyAsync({ args: [1, 2], countDown: 5 })
  // @ts-expect-error the caller does not pass self
  await bound.delay({} as BoundTask, 'hi')
  // @ts-expect-error the result is a number
  const text: string = await (await add.delay(1, 2)).get()
  // @ts-expect-error a task option that does not exist
  app.task('t', () => 1, { ackLate: true })
  // @ts-expect-error a setting of the wrong type
  new Celery('t', { taskAcksLate: 'yes' })
  assert.ok(text)
}

it('tasks keep the names they were registered with', () => {
  assert.deepEqual(app.tasks.names, ['add', 'bound', 'self', 'speak'])
})
