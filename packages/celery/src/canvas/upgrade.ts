/**
 * What two signatures become when one follows the other: Celery's `|`
 * (https://docs.celeryq.dev/en/stable/userguide/canvas.html#chains).
 *
 *   task  | task   chain            group | anything   chord: the group is its header
 *   chain | chain  one chain        chord | anything   the chord, with it behind the body
 *   x | group(y)   x | y: a group of one is its only member
 */

import { Chain } from './chain.ts'
import { Chord } from './chord.ts'
import type { AnySignature } from './fitting.ts'
import { Group } from './group.ts'

/** The second one with the value of the first. Neither is changed. */
export function pipe(left: AnySignature, right: AnySignature): AnySignature {
  if (left instanceof Group) return new Chord(left.clone(), right.clone())
  const next = unroll(right)
  if (next instanceof Chain) return unchain(next).reduce(pipe, left)
  if (left instanceof Chain) return append(left, next)
  if (left instanceof Chord) return withBody(left, pipe(left.body, next))
  return new Chain([left.clone(), next.clone()])
}

/** The steps of a chain, upgraded. */
export function upgrade(steps: readonly AnySignature[]): readonly AnySignature[] {
  const whole = steps.reduce<AnySignature>(pipe, new Chain([]) as AnySignature)
  return whole instanceof Chain ? whole.tasks : [whole]
}

function append(chain: Chain, next: AnySignature): AnySignature {
  const tasks = unchain(chain)
  const last = tasks.at(-1)
  if (last === undefined) return next instanceof Group ? next.clone() : new Chain([next.clone()])
  const before = tasks.slice(0, -1)
  if (last instanceof Group) return appendChord(before, new Chord(last, next.clone()))
  if (last instanceof Chord && !(next instanceof Chord)) {
    return new Chain([...before, withBody(last, pipe(last.body, next))])
  }
  return new Chain([...tasks, next.clone()])
}

/** Two chords in a row: the second one goes behind the body of the first. */
function appendChord(tasks: readonly AnySignature[], chord: AnySignature): AnySignature {
  const last = tasks.at(-1)
  if (!(last instanceof Chord)) return new Chain([...tasks, chord])
  return new Chain([...tasks.slice(0, -1), withBody(last, pipe(last.body, chord))])
}

/** Copies of its tasks. What was said of the whole is said of them: callbacks of the last, errbacks of each. */
function unchain({ tasks, options, args, kwargs }: Chain): readonly AnySignature[] {
  const { link = [], linkError = [], taskId: _id, groupId: _group, groupIndex: _index, ...others } = options
  const { chord: _chord, chain: _chain, ...forFirst } = others
  const copies = tasks.map((task) => task.clone())
  copies[0]?.bind({ args, kwargs, options: forFirst })
  for (const callback of link) copies.at(-1)?.link(callback)
  for (const errback of linkError) for (const copy of copies) copy.linkError(errback)
  return copies
}

function unroll(signature: AnySignature): AnySignature {
  const only = signature instanceof Group && signature.tasks.length === 1 ? signature.tasks[0] : undefined
  return only ?? signature
}

function withBody(chord: Chord, body: AnySignature): AnySignature {
  const { app, args, kwargs, options, immutable } = chord
  const copy = new Chord(chord.header.clone(), body, { app, options })
  copy.bind({ args, kwargs })
  copy.immutable = immutable
  return copy as AnySignature
}
