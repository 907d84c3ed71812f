import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { EncodeError } from '@voice-pocket/kombu'
import { registerException } from '../src/backends/exception-classes.ts'
import { decodeException, encodeException, tracebackOf } from '../src/backends/exception-record.ts'
import * as exceptions from '../src/exceptions.ts'

const isEncodable = (value: unknown): boolean => {
  try {
    return JSON.stringify(value) !== undefined
  } catch {
    return false // as circular objects are
  }
}
const encode = (thrown: unknown) => encodeException(thrown, isEncodable)
const decode = (record: unknown) => decodeException(record, null)

describe('an exception on its way to the wire', () => {
  const cases: [thrown: unknown, type: string, message: readonly unknown[], module: string][] = [
    [new Error('plain'), 'Error', ['plain'], 'js'],
    [new TypeError('wrong'), 'TypeError', ['wrong'], 'builtins'],
    [new SyntaxError('odd'), 'SyntaxError', ['odd'], 'builtins'],
    [new RangeError('far'), 'RangeError', ['far'], 'js'],
    [new DOMException('late', 'TimeoutError'), 'TimeoutError', ['late'], 'builtins'],
    [new DOMException('stop', 'AbortError'), 'AbortError', ['stop'], 'js'],
    [new (class ValueError extends Error {})('bad'), 'ValueError', ['bad'], 'builtins'],
    [new (class SystemExit extends Error {})('no'), 'SystemExit', ['no'], 'js'],
    [new (class extends exceptions.TaskError {})('unnamed'), 'Error', ['unnamed'], 'js'],
    [runInNewContext("new TypeError('elsewhere')"), 'TypeError', ['elsewhere'], 'builtins'],
    [new EncodeError('unwritable'), 'EncodeError', ['unwritable'], 'kombu.exceptions'],
    [new exceptions.NotRegistered('a.b'), 'NotRegistered', ['a.b'], 'celery.exceptions'],
    [new exceptions.TimeoutError('late'), 'TimeoutError', ['late'], 'celery.exceptions'],
    [new exceptions.Reject('no', { requeue: true }), 'Reject', ['no', true], 'celery.exceptions'],
    [new exceptions.TimeLimitExceeded(30), 'TimeLimitExceeded', [30], 'billiard.exceptions'],
    [new exceptions.SoftTimeLimitExceeded(), 'SoftTimeLimitExceeded', [], 'billiard.exceptions'],
    ['text', 'ThrownValue', ['text'], 'js'],
    [{ code: 7 }, 'ThrownValue', [{ code: 7 }], 'js'],
    [undefined, 'ThrownValue', ['undefined'], 'js'],
  ]
  for (const [thrown, type, message, module] of cases) {
    it(`${inspect(thrown, { compact: true, depth: 0 }).split('\n')[0]} is ${module}.${type}`, () => {
      assert.deepEqual(encode(thrown), { exc_type: type, exc_message: message, exc_module: module })
    })
  }

  it('is written whatever its fields do', () => {
    const trap = new Error('x')
    Object.defineProperty(trap, 'message', {
      get() {
        throw new Error('trap')
      },
    })
    assert.equal(encode(trap).exc_type, 'ThrownValue')
    assert.equal(tracebackOf(trap), null)
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    assert.equal(encode(proxy).exc_type, 'ThrownValue')
    const hostile = {
      [inspect.custom]() {
        throw new Error('trap')
      },
      self: undefined as unknown,
    }
    hostile.self = hostile
    assert.deepEqual(encode(hostile).exc_message, ['<a object that cannot be shown>'])
  })

  it('has a name that Python can give to a class', () => {
    const error = new Error('x')
    error.name = 'Nul\0\ud800'
    assert.equal(encode(error).exc_type, 'Nul\ufffd')
    error.name = ''
    assert.equal(encode(error).exc_type, 'Error')
  })

  it('takes its causes along in the traceback, once each', () => {
    const cause = new RangeError('the cause')
    const error = new Error('the end', { cause })
    cause.cause = error
    const traceback = tracebackOf(error) ?? ''
    assert.match(traceback, /^Error: the end\n.*\n\nCaused by: RangeError: the cause\n/s)
    assert.equal(traceback.split('the end').length, 2)
    assert.match(tracebackOf(new Error('x', { cause: 'a word' })) ?? '', /\n\nCaused by: a word$/)
    assert.equal(tracebackOf('no error'), null)
  })
})

describe('an exception from the wire', () => {
  it('is of the class that it was, where that is known', () => {
    const thrown = [
      ...[new Error('a'), new TypeError('a'), new RangeError('a'), new exceptions.NotRegistered('a.b')],
      ...[
        new exceptions.TaskRevokedError('expired'),
        new exceptions.WorkerLostError('gone'),
        new EncodeError('a'),
      ],
      ...[
        new exceptions.TimeLimitExceeded(30),
        new exceptions.ThrownValue({ a: 1 }),
        new exceptions.Reject('a'),
      ],
    ]
    for (const error of thrown) {
      const copy = decode(encode(error))
      assert.equal(copy.constructor, error.constructor)
      assert.equal(copy.message, error.message)
      assert.deepEqual(encode(copy), encode(error))
    }
  })

  it('keeps name, module and arguments of a class that is not known', () => {
    const record = { exc_type: 'ValueError', exc_message: ['bad', 3], exc_module: 'builtins' }
    const error = decodeException(record, 'Traceback …')
    assert.ok(error instanceof exceptions.RemoteError)
    assert.equal(String(error), 'ValueError: bad, 3')
    assert.deepEqual(
      [error.excModule, error.excMessage, error.traceback],
      ['builtins', ['bad', 3], 'Traceback …'],
    )
    assert.deepEqual(encode(error), record)
  })

  it('prints where it was thrown', () => {
    const error = decodeException(encode(new TypeError('bad')), 'Traceback:\n  File "tasks.py", line 3')
    assert.match(
      inspect(error),
      /\[cause\]: \[RemoteTraceback: .*\n\s*Traceback:\n\s*File "tasks.py", line 3/,
    )
  })

  it('is not taken for a class of the same name in another module', () => {
    const error = decode({ exc_type: 'TimeoutError', exc_message: ['x'], exc_module: 'asyncio.exceptions' })
    assert.ok(error instanceof exceptions.RemoteError)
  })

  it('is an Error whatever was stored', () => {
    const records = [
      null,
      undefined,
      'text',
      5,
      [],
      {},
      { exc_type: 7 },
      { exc_type: 'X', exc_message: 'one' },
    ]
    for (const record of records) assert.ok(decode(record) instanceof exceptions.RemoteError)
    assert.equal(decode({ exc_type: 'X', exc_message: 'one' }).message, 'one')
    assert.equal(decode(null).message, 'no exception was stored')
    assert.ok(decode({ exc_type: '__proto__', exc_module: 'constructor' }) instanceof exceptions.RemoteError)
  })

  it('is of a class that the program has made known, also as one that Python has', () => {
    class PaymentError extends Error {
      readonly cents: number
      constructor(message: string, cents: number) {
        super(message)
        this.cents = cents
      }
    }
    registerException(PaymentError, ([message, cents]) => new PaymentError(String(message), Number(cents)), {
      module: 'shop.errors',
    })
    const error = decode({ exc_type: 'PaymentError', exc_message: ['short', 300], exc_module: 'shop.errors' })
    assert.ok(error instanceof PaymentError && error.cents === 300)
    assert.equal(encode(error).exc_module, 'shop.errors')
  })

  it('is kept even when the class that is known cannot be made of what was stored', () => {
    class Strict extends Error {}
    registerException(Strict, () => {
      throw new Error('not of these')
    })
    const error = decode({ exc_type: 'Strict', exc_message: [1], exc_module: 'js' })
    assert.ok(error instanceof exceptions.RemoteError && error.name === 'Strict')
  })
})

describe('an exception that is an outcome', () => {
  it('Retry says why and when', () => {
    assert.equal(new exceptions.Retry().message, 'Retry')
    assert.equal(
      new exceptions.Retry(undefined, { exc: new RangeError('far'), when: 5 }).message,
      'Retry in 5s: RangeError: far',
    )
    const when = new Date('2026-08-01T00:00:00Z')
    assert.equal(new exceptions.Retry('', { when }).message, 'Retry at 2026-08-01T00:00:00.000Z')
  })

  it('Reject says whether the message goes back', () => {
    assert.equal(new exceptions.Reject('full', { requeue: true }).message, 'reject requeue=true: full')
    assert.equal(new exceptions.Reject().requeue, false)
  })
})
