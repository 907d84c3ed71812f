import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { InvalidMessageError, MalformedMessageError } from '../../../src/exceptions.ts'
import { MessageHandlers, type MessageLabels } from '../../../src/worker/consumer-step/handlers.ts'

const order = z.object({ price: z.number(), parts: z.array(z.object({ name: z.string() })).default([]) })

function shop() {
  const seen: unknown[] = []
  const handlers = new MessageHandlers<number, unknown>()
    .register('placed', { schema: order, handle: ({ price, parts }) => seen.push({ price, parts }) })
    .register('cancelled', { schema: z.object({}), handle: () => 0 })
  return { seen, handlers }
}

const labelled = (labels: { headers?: Record<string, unknown>; routingKey?: string }): MessageLabels => ({
  headers: labels.headers ?? {},
  properties: {},
  deliveryInfo: {
    exchange: 'x',
    routingKey: labels.routingKey ?? '',
    queue: 'q',
    redelivered: false,
    consumerTag: undefined,
  },
})

const malformed = (reason: string, detail: string) => (error: unknown) => {
  assert.ok(error instanceof MalformedMessageError, String(error))
  assert.deepEqual([error.reason, error.message], [reason, detail])
  return true
}

describe('the handlers of a step', () => {
  it('get what their schema gives', async () => {
    const { seen, handlers } = shop()
    const { type, run } = await handlers.prepare({ type: 'placed', price: 3, other: 1 })
    assert.deepEqual([type, seen], ['placed', []])
    assert.equal(await run(undefined), 1)
    assert.deepEqual(seen, [{ price: 3, parts: [] }])
  })

  it('are not asked for what does not fit: each field is named with the rule it breaks', async () => {
    const { handlers } = shop()
    await assert.rejects(
      handlers.prepare({ type: 'placed', price: 'much', parts: [{}] }),
      (error) =>
        error instanceof InvalidMessageError &&
        error.reason === 'invalid_message' &&
        /^price: .*number.*; parts\.0\.name: .*string/.test(error.message) &&
        error.issues.length === 2,
    )
  })

  it('are found by any field, a header or the routing key', async () => {
    const schema = z.unknown()
    const handle = () => 0
    const byField = new MessageHandlers('@kind').register('a', { schema, handle })
    const byHeader = new MessageHandlers((_, { headers }) => headers.__TypeId__).register('a', {
      schema,
      handle,
    })
    const byKey = new MessageHandlers((_, { deliveryInfo }) => deliveryInfo.routingKey.split('.')[0])
    byKey.register('a', { schema, handle })
    assert.equal((await byField.prepare({ '@kind': 'a' })).type, 'a')
    assert.equal((await byHeader.prepare([], labelled({ headers: { __TypeId__: 'a' } }))).type, 'a')
    assert.equal((await byKey.prepare([], labelled({ routingKey: 'a.b' }))).type, 'a')
    await assert.rejects(
      byField.prepare({ type: 'a' }),
      malformed('missing_type', '@kind: is required, such as "a"'),
    )
  })

  for (const [what, type, reason, detail] of [
    ['no type', undefined, 'missing_type', 'type: is required, such as "placed"'],
    ['null', null, 'missing_type', 'type: is required, such as "placed"'],
    ['another type', 'place', 'unknown_type', 'type: "place" has no handler here; did you mean placed?'],
    ['a number', 1, 'unknown_type', 'type: must be a string, such as "placed"'],
    ['what every object has', 'constructor', 'unknown_type', undefined],
  ] as const) {
    it(`refuse ${what}`, async () => {
      const expected = detail ?? 'type: "constructor" has no handler here; did you mean cancelled?'
      await assert.rejects(shop().handlers.prepare({ type }), malformed(reason, expected))
    })
  }

  it('read no type that only a prototype has', async () => {
    const inherited = Object.create({ type: 'placed' })
    await assert.rejects(shop().handlers.prepare(inherited), { reason: 'missing_type' })
  })

  it('are registered once for a type', () => {
    const { handlers } = shop()
    assert.throws(
      () => handlers.register('placed', { schema: order, handle: () => 0 }),
      /The type placed has a handler already/,
    )
  })
})
