import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ArgumentsError, bindArguments, parametersOf } from '../../src/app/parameters.ts'

// biome-ignore lint/complexity/noBannedTypes: any function at all
type AnyFunction = Function

const namesOf = (fn: AnyFunction) => parametersOf(fn).names
/** A function whose source is exactly this text; a formatter would tidy it otherwise. */
const written = (source: string): AnyFunction => new Function(`return (${source})`)()

describe('parameters are read from', () => {
  it('functions, arrows and methods, async ones and generators too', () => {
    for (const source of [
      'function (a, b) {}',
      'function named(a, b) {}',
      'async function named(a, b) {}',
      'async function* named(a, b) {}',
      '(a, b) => a',
      'async (a, b) => a',
      '({ method(a, b) {} }).method',
      '({ async method(a, b) {} }).method',
      '({ async *method(a, b) {} }).method',
      '({ ["computed("](a, b) {} })["computed("]',
      '({ "quoted (x"(a, b) {} })["quoted (x"]',
      'class { static method(a, b) {} }.method',
      'function /* ( */ named /* a ( comment */ (a, b) {}',
    ]) {
      assert.deepEqual(namesOf(written(source)), ['a', 'b'], source)
    }
  })

  it('arrows without parentheses, whatever their parameter is called', () => {
    assert.deepEqual(namesOf(written('word => word')), ['word'])
    assert.deepEqual(namesOf(written('async word => word')), ['word'])
    assert.deepEqual(namesOf(written('$_안녕 => 1')), ['$_안녕'])
  })

  it('lists with types, which Node blanks out', () => {
    const typed = (text: string, rate?: number, options: { deep: [number, string] } = { deep: [1, ')'] }) =>
      [text, rate, options].length
    assert.deepEqual(namesOf(typed), ['text', 'rate', 'options'])
  })

  it('lists with defaults that hold brackets, commas and strings', () => {
    for (const source of [
      '(a = [1, 2], b = { c: (1, 2) }) => a',
      '(a = ")", b = "(,") => a',
      "(a = 'it\\'s, (', b) => a",
      '(a = `)(`, b) => a',
      '(a = () => { return [1, 2] }, b = (x, y) => x) => a',
      '(a = function (x, y) {}, b) => a',
    ]) {
      assert.deepEqual(namesOf(written(source)), ['a', 'b'], source)
    }
  })

  it('lists with comments, and a comma at the end', () => {
    for (const source of [
      '(a, // the first, (really)\n b) => a',
      '(/* a, b, */ a /* ) */, b /* = "*/,) => a',
      'function (a, // )\n b,\n) {}',
    ]) {
      assert.deepEqual(namesOf(written(source)), ['a', 'b'], source)
    }
  })

  it('nothing at all', () => {
    assert.deepEqual(namesOf(written('() => 1')), [])
    assert.deepEqual(namesOf(written('function () { return (1, 2) }')), [])
    assert.deepEqual(namesOf(written('(/* nothing */) => 1')), [])
  })

  it('a bound task without its self', () => {
    assert.deepEqual(parametersOf(written('(self, a, b) => 1'), 1).names, ['a', 'b'])
    assert.deepEqual(parametersOf(written('({ request }, a) => 1'), 1).names, ['a'])
  })
})

describe('arguments', () => {
  const bind = (source: string, args: unknown[], kwargs: Record<string, unknown> = {}) =>
    bindArguments('tasks.f', parametersOf(written(source)), args, kwargs)
  const refusal = (source: string, args: unknown[], kwargs: Record<string, unknown> = {}) => {
    try {
      return assert.fail(`bound: ${JSON.stringify(bind(source, args, kwargs))}`)
    } catch (error) {
      assert.ok(error instanceof ArgumentsError && error instanceof TypeError, String(error))
      return error.message
    }
  }

  it('by name go where the function names them', () => {
    assert.deepEqual(bind('(a, b, c) => 1', [1], { c: 3, b: 2 }), [1, 2, 3])
    assert.deepEqual([...bind('(a, b) => 1', [], { b: null })], [undefined, null])
    assert.deepEqual(bind('(__proto__) => 1', [], JSON.parse('{"__proto__": 5}')), [5])
  })

  it('that are left out become undefined, so that defaults count', () => {
    const speak = written('(text, rate = 5) => [text, rate]')
    const args = bindArguments('speak', parametersOf(speak), [], { text: 'hi' })
    assert.deepEqual(speak(...args), ['hi', 5])
  })

  it('without a parameter of their own go into a last object pattern', () => {
    assert.deepEqual(bind('(text, { rate, voice }) => 1', ['hi'], { rate: 2, voice: 'v' }), [
      'hi',
      { rate: 2, voice: 'v' },
    ])
    assert.deepEqual(bind('({ rate }) => 1', [], { rate: 2 }), [{ rate: 2 }])
    assert.deepEqual(bind('(text, { rate }) => 1', [], { text: 'hi', rate: 2 }), ['hi', { rate: 2 }])
    assert.deepEqual(bind('(text, { rate }) => 1', ['hi', { rate: 1 }]), ['hi', { rate: 1 }])
  })

  it('never leave an object pattern without an object, nor its default unused', () => {
    assert.deepEqual(bind('(text, { rate = 5 }) => 1', ['hi']), ['hi', {}])
    assert.deepEqual(bind('(text, { rate } = { rate: 5 }) => 1', ['hi']), ['hi'])
    assert.deepEqual(bind('(text, { rate } = { rate: 5 }) => 1', [], { text: 'hi' }), ['hi'])
  })

  it('cannot give an object pattern another prototype', () => {
    const [others] = bind('({ rate }) => 1', [], JSON.parse('{"__proto__": {"rate": 5}}')) as [
      { rate?: number },
    ]
    assert.equal(others.rate, undefined)
  })

  it('of any number go into a rest parameter', () => {
    assert.deepEqual(bind('(a, ...more) => 1', [1, 2, 3]), [1, 2, 3])
    assert.deepEqual(bind('(...all) => 1', []), [])
    assert.deepEqual(bind('(a, ...more) => 1', [], { a: 1 }), [1])
  })

  it('by position go to a function that does not show its parameters', () => {
    const bound = written('(a, b) => a + b').bind(undefined)
    assert.deepEqual(bindArguments('f', parametersOf(bound), [1, 2], {}), [1, 2])
    assert.throws(
      () => bindArguments('f', parametersOf(bound), [], { a: 1 }),
      /unexpected keyword argument 'a'/,
    )
  })

  it('that do not fit are refused in Python’s words', () => {
    assert.equal(refusal('(a) => 1', [1, 2]), 'tasks.f() takes 1 positional argument but 2 were given')
    assert.equal(refusal('() => 1', [], { a: 1 }), "tasks.f() got an unexpected keyword argument 'a'")
    assert.equal(refusal('(a) => 1', [1], { a: 2 }), "tasks.f() got multiple values for argument 'a'")
    assert.equal(refusal('(a) => 1', [1], { b: 2 }), "tasks.f() got an unexpected keyword argument 'b'")
    assert.equal(
      refusal('(a, ...more) => 1', [1], { more: 2 }),
      "tasks.f() got an unexpected keyword argument 'more'",
    )
    assert.equal(
      refusal('(a, [b, c]) => 1', [1], { b: 2 }),
      "tasks.f() got an unexpected keyword argument 'b'",
    )
    assert.equal(
      refusal('(a, { b }) => 1', [1, {}], { b: 2 }),
      "tasks.f() got an unexpected keyword argument 'b'",
    )
  })
})
