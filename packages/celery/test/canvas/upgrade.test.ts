import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AnySignature, Celery, Chain, Chord, chain, chord, Group, group, pipe } from '../../src/index.ts'

const app = new Celery('upgrades')
const a = (): AnySignature => app.signature('a')
const b = (): AnySignature => app.signature('b')
const c = (): AnySignature => app.signature('c')

/** A canvas as text: `a | b` a chain, `[a, b]` a group, `[a, b] > c` a chord. */
function draw(signature: AnySignature): string {
  if (signature instanceof Chain) return signature.tasks.map(draw).join(' | ')
  if (signature instanceof Group) return `[${signature.tasks.map(draw).join(', ')}]`
  if (signature instanceof Chord) return `${draw(signature.header)} > (${draw(signature.body)})`
  return signature.task
}

describe('a canvas is upgraded', () => {
  const cases: readonly [what: string, made: () => AnySignature, drawn: string][] = [
    ['tasks to a chain', () => chain(a(), b(), c()), 'a | b | c'],
    ['a chain in a chain to one', () => chain(a(), chain(b(), chain(c(), a()))), 'a | b | c | a'],
    ['a chain of a group to the group', () => chain([group(a(), b())]), '[a, b]'],
    ['a chain of a group of one to its task', () => chain([group(a())]), 'a'],
    ['a group before a task to a chord', () => chain(group(a(), b()), c()), '[a, b] > (c)'],
    ['a group of one before a task to a chain', () => chain(group(a()), c()), 'a | c'],
    ['a group of one piped to a task to a chord', () => pipe(group(a()), c()), '[a] > (c)'],
    [
      'a group between tasks to a chord in a chain',
      () => chain(a(), group(a(), b()), c()),
      'a | [a, b] > (c)',
    ],
    ['a group at the end to itself', () => chain(a(), group(b(), c())), 'a | [b, c]'],
    ['a group of one at the end to its task', () => chain(a(), group(b())), 'a | b'],
    ['what follows a chord to its body', () => chain(group(a(), b()), c(), a(), b()), '[a, b] > (c | a | b)'],
    ['two groups to a chord', () => chain(group(a(), b()), group(b(), c())), '[a, b] > ([b, c])'],
    [
      'three groups to chords',
      () => chain(group(a(), b()), group(b(), c()), group(c(), a())),
      '[a, b] > ([b, c] > ([c, a]))',
    ],
    [
      'chords in a row to one in the body of the other',
      () => chain(a(), group(a(), b()), c(), group(a(), b()), c()),
      'a | [a, b] > (c | [a, b] > (c))',
    ],
    ['a chord and a chord', () => pipe(chord([a()], b()), chord([b()], c())), '[a] > (b | [b] > (c))'],
    ['a chord and a chain', () => pipe(chord([a()], b()), chain(a(), c())), '[a] > (b | a | c)'],
    ['nothing to nothing', () => chain([] as AnySignature[]), ''],
  ]
  for (const [what, made, drawn] of cases) it(what, () => assert.equal(draw(made()), drawn))

  it('without a change to what it is made of', () => {
    const [left, right] = [chain(group(a(), b()), c()), chain(a(), b())]
    const before = [draw(left), draw(right)]
    pipe(left, right)
    assert.deepEqual([draw(left), draw(right)], before)
  })

  it('with what was said of a chain said of its tasks', () => {
    const first = chain(a(), b()).set({ countdown: 5 })
    const callback = c()
    first.link(callback)
    first.linkError(callback)
    const whole = pipe(first, c()) as Chain
    const [one, other, last] = whole.tasks
    assert.equal(one?.options.countdown, 5)
    assert.deepEqual(other?.options.link, [callback])
    assert.deepEqual(
      [one, other, last].map((task) => task?.options.linkError?.length),
      [1, 1, undefined],
    )
  })
})

describe('callbacks of a whole', () => {
  it('of a group: its first task when all is well, each task when not', () => {
    const whole = group(a(), b())
    whole.link(c())
    whole.linkError(c())
    assert.deepEqual(
      whole.tasks.map(({ options }) => [options.link?.length ?? 0, options.linkError?.[0]?.immutable]),
      [
        [1, true],
        [0, true],
      ],
    )
  })

  it('of a chord: its body; the header too when the setting says so', () => {
    const quiet = chord([a()], b())
    quiet.linkError(c())
    const strict = new Celery('strict', { taskAllowErrorCbOnChordHeader: true })
    const loud = chord([strict.signature('a')], strict.signature('b'))
    loud.linkError(c())
    const counts = [quiet, loud].map(({ header, body }) => [
      header.tasks[0]?.options.linkError?.length ?? 0,
      body.options.linkError?.length,
    ])
    assert.deepEqual(counts, [
      [0, 1],
      [1, 1],
    ])
  })
})
