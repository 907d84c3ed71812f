import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  type AnySignature,
  type CallOptions,
  type Celery,
  Chord,
  chain,
  chord,
  group,
} from '../../src/index.ts'
import { memoryApp, queueSize } from '../memory-app.ts'
import { serviceFrom } from '../service.ts'

const amqp = serviceFrom('AMQP_URL')

interface BadCall {
  readonly what: string
  readonly call: (app: Celery) => Promise<unknown>
  readonly error: RegExp
}

const circular: unknown[] = []
circular.push(circular)

/** A call of `add` with one thing that is wrong: from JavaScript there is no compiler to say so. */
const option = (what: string, wrong: Record<string, unknown>, error: RegExp): BadCall => ({
  what,
  call: (app) => app.sendTask('add', { args: [1, 2], ...wrong } as CallOptions),
  error,
})

const canvas = (what: string, make: (add: AnySignature) => unknown, error: RegExp): BadCall => ({
  what,
  call: async (app) => (make(app.signature('add', { args: [1] })) as AnySignature).applyAsync(),
  error,
})

/** A signature that has itself for a part. */
function loop(add: AnySignature, make: (first: AnySignature, last: AnySignature) => unknown): AnySignature {
  const whole = make(add, add.clone()) as AnySignature
  const [part = add] = whole instanceof Chord ? whole.header.tasks : whole.parts
  part.link(whole)
  return whole
}

const BAD_CALLS: readonly BadCall[] = [
  // arguments that nobody could read
  option(
    'a function for an argument',
    { args: [() => 1] },
    /add\[.+\] cannot be sent: .* a function, which JSON/,
  ),
  option(
    'a symbol for an argument',
    { kwargs: { x: Symbol('x') } },
    /"x" is a symbol, which JSON has no form for/,
  ),
  option('arguments that go in circles', { args: [circular] }, /circular/),
  option('a number that is none', { args: [Number.NaN] }, /NaN, which JSON has no form for/),
  option('a date that is none', { args: [new Date('soon')] }, /an invalid Date/),
  option('arguments that are no list', { args: 'ab' }, /'args' .* must be a list/),
  option('keyword arguments that are a list', { kwargs: [1] }, /'kwargs' .* must be an object/),
  {
    what: 'arguments that do not fit the schema of the task',
    call: (app) => app.tasks.get('typed').applyAsync({ args: ['one'] }),
    error: /typed\(\) does not take these arguments: argument 1: must be a number/,
  },

  // ways of sending that are none
  option(
    'a delivery mode that is none',
    { deliveryMode: 3 },
    /'deliveryMode' .* 'persistent' or 'transient'/,
  ),
  option('a timeout that is a text', { timeout: '5' }, /'timeout' .* a number of seconds/),
  option('a retry policy that is none', { retryPolicy: 5 }, /'retryPolicy' .* must be an object/),
  option(
    'a field that no retry policy has',
    { retryPolicy: { often: 1 } },
    /'retryPolicy' .* no field 'often'/,
  ),

  // times that are none
  option('an eta in words', { eta: 'soon' }, /'eta' is not a valid time/),
  option('an eta on a day that does not exist', { eta: '2026-02-30T00:00:00Z' }, /'eta' is not a valid time/),
  option('a countdown without end', { countdown: Number.POSITIVE_INFINITY }, /'eta' is not a valid time/),
  option('a countdown beyond all calendars', { countdown: 1e20 }, /'eta' is not a valid time/),
  option('a countdown beyond the year 9999', { countdown: 1e12 }, /'eta' is not a valid time/),
  option('a countdown that is a text', { countdown: '5' }, /'countdown' .* must be a number of seconds/),
  option('an expiry in words', { expires: 'never' }, /'expires' is not a valid time/),
  option('an expiry that is no number', { expires: Number.NaN }, /'expires' is not a valid time/),
  option(
    'a time limit of less than nothing',
    { timeLimit: -1 },
    /'timeLimit' .* must be a number of seconds/,
  ),

  // how it travels
  option('pickle', { serializer: 'pickle' }, /serializer pickle is not supported; there are json, msgpack/),
  option('a serializer that nobody knows', { serializer: 'xml' }, /serializer xml is unknown/),
  option('a compression that nobody knows', { compression: 'rar' }, /unknown compression "rar"/),
  option(
    'a compression that Node does not have',
    { compression: 'lzma' },
    /lzma compression is not available/,
  ),
  option('a priority that is too high', { priority: 256 }, /'priority' .* whole number from 0 to 255/),
  option('a priority in words', { priority: 'high' }, /'priority' .* whole number from 0 to 255/),
  option('an empty id', { taskId: '' }, /'taskId' .* must be a text that is not empty/),
  {
    what: 'a task without a name',
    call: (app) => app.sendTask(''),
    error: /name of a task must be a text that is not empty/,
  },
  {
    what: 'a queue that is not configured, where only those may be used',
    call: (app) => app.sendTask('add', { queue: 'other' }),
    error: /There is no queue 'other'/,
  },

  // a canvas without an end, or without a beginning
  canvas(
    'a chain with itself in it',
    (add) => loop(add, (first, last) => chain(first, last)),
    /refers to itself/,
  ),
  canvas(
    'a group with itself in it',
    (add) => loop(add, (first, last) => group(first, last)),
    /refers to itself/,
  ),
  canvas(
    'a chord with itself in it',
    (add) => loop(add, (first, last) => chord([first], last)),
    /refers to itself/,
  ),
  canvas(
    'a callback that is its own callback',
    (add) => {
      add.link(add)
      return add
    },
    /refers to itself/,
  ),
  canvas(
    'callbacks of callbacks, nearly without end',
    (add) =>
      Array.from({ length: 300 }).reduce<AnySignature>((inner) => {
        const outer = add.clone()
        outer.link(inner)
        return outer
      }, add),
    /nested more than 200 deep/,
  ),
  canvas('an empty chain', () => chain(), /An empty chain has nothing to send/),
]

describe('a call that nobody could run', { timeout: 60_000 }, () => {
  for (const { what, call, error } of BAD_CALLS) {
    it(`is refused where it is made, nothing is sent, and the next one is: ${what}`, async (t) => {
      const app = memoryApp(t, { taskCreateMissingQueues: false })
      app.task('typed', (x: number) => x, { typing: numbers })
      await assert.rejects(call(app), error)
      assert.equal(await queueSize(app), 0)
      await app.sendTask('add', { args: [1, 2] })
      assert.equal(await queueSize(app), 1)
    })
  }
})

describe('a call that is larger than RabbitMQ takes', { skip: amqp.skip, timeout: 60_000 }, () => {
  it('is refused with its size and the limit, and the next one is sent', async (t) => {
    const app = memoryApp(t, { brokerUrl: amqp.value, taskDefaultQueue: `test.${randomUUID()}` })
    const huge = 'a'.repeat(130 * 1024 * 1024)
    await assert.rejects(app.sendTask('add', { args: [huge] }), /size \d+ is larger than .* max size \d+/)
    await app.sendTask('add', { args: [1, 2] })
    const { taskDefaultQueue: queue } = app.conf
    assert.equal(await queueSize(app, queue), 1)
    const channel = await app.connection.channel()
    await channel.queueDelete(queue)
    await channel.exchangeDelete(queue)
  })
})

/** What a schema library makes of `[number]`. */
const numbers = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      typeof (value as unknown[])[0] === 'number'
        ? { value }
        : { issues: [{ path: [0], message: 'must be a number' }] },
  },
} as const
