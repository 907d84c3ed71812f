/** Whether a canvas fits together, asked of the compiler: `tsc` is this file's test, and it runs nothing. */
import { it } from 'node:test'
import {
  type AsyncResult,
  Celery,
  chain,
  chord,
  type GroupResult,
  group,
  type Signature,
} from '../../src/index.ts'

const app = new Celery('types')
const add = app.task('add', (x: number, y: number) => x + y)
const show = app.task('show', (n: number, unit?: string) => `${n} ${unit}`)
const shout = app.task('shout', async (text: string) => text.toUpperCase())
const total = app.task('total', (numbers: readonly number[]) => numbers.length)
const sum = app.task('sum', (...numbers: number[]) => numbers.length)
const nothing = app.task('nothing', () => {})
const elsewhere = app.signature('tasks.of.another.program')

/** The type of the left is exactly that of the right. */
function same<Left, Right>(
  ..._: (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? [] : [never]
): void {}

export async function compiled() {
  // A signature misses what was not given; its arguments are the last ones.
  const increment = add.s(1)
  same<Awaited<ReturnType<typeof increment.delay>>, AsyncResult<number>>()
  await increment.delay(2)
  // @ts-expect-error one argument is missing
  await increment.delay()
  // @ts-expect-error it is a number
  await increment.delay('2')
  // @ts-expect-error no parameter takes a text
  add.s('1')
  // @ts-expect-error there are two parameters
  add.s(1, 2, 3)
  // @ts-expect-error immutable, it needs all of them
  add.si(1)
  const fits: Signature<[number], number> = increment
  // @ts-expect-error it gives a number
  const differs: Signature<[number], string> = increment

  // Optional and rest parameters may be missing, or not.
  await show.s().delay(1)
  await show.s().delay(1, 'kg')
  await show.s('kg').delay(1)
  await show.s(1).delay()
  // @ts-expect-error the unit is a text
  await show.s().delay(1, 2)
  await sum.s(3).delay(1, 2)

  // Each link of a chain takes what the one before it gives.
  const text = chain(add.s(1, 2), add.s(3), show.s('kg'), shout.s())
  same<Awaited<ReturnType<typeof text.applyAsync>>, AsyncResult<string>>()
  await text.delay()
  // @ts-expect-error a text is no number
  chain(add.s(1, 2), show.s(), add.s(3))
  // @ts-expect-error a number is no text
  chain(add.s(1, 2), shout.s())
  // @ts-expect-error it has both of its arguments, and would get a third
  chain(add.s(1, 2), add.s(3, 4))
  // @ts-expect-error it takes nothing
  chain(add.s(1, 2), nothing.s())
  chain(add.s(1, 2), nothing.si(), add.si(3, 4), add.s(5))
  chain(add.s(1, 2), elsewhere, shout.s())
  const open = chain(add.s(1), show.s())
  await open.delay(1)
  // @ts-expect-error its first task misses one
  await open.delay()
  await chain([add.s(1), add.s(2)]).delay(1)

  // A group gives a tuple, and what comes after it takes a list.
  const both = group(add.s(1), show.s())
  same<Awaited<ReturnType<typeof both.applyAsync>>, GroupResult<[number, string]>>()
  await both.delay(1)
  // @ts-expect-error both miss a number
  await both.delay('1')
  chain(add.s(1, 2), group(add.s(1), add.s(2)), total.s(), add.s(3))
  const end = chain(add.s(1, 2), group(add.s(1), show.s()))
  same<Awaited<ReturnType<typeof end.applyAsync>>, GroupResult<[number, string]>>()
  // @ts-expect-error one of them is a text
  chain(add.s(1, 2), group(add.s(1), show.s()), total.s())
  const many = group([1, 2, 3].map((n) => add.s(n, n)))
  same<Awaited<ReturnType<typeof many.applyAsync>>, GroupResult<number[]>>()
  chain(many, total.s())

  // The body of a chord takes the list.
  const whole = chord([add.s(1, 2), add.s(3, 4)], total.s())
  same<Awaited<ReturnType<typeof whole.applyAsync>>, AsyncResult<number>>()
  chord(many, chain(total.s(), show.s('kg')))
  // @ts-expect-error one of them is a text
  chord([add.s(1, 2), show.s(1)], total.s())
  // @ts-expect-error the body takes a number, not a list
  chord([add.s(1, 2), add.s(3, 4)], add.s(1))
  return [fits, differs]
}

it('compiles', () => app.close())
