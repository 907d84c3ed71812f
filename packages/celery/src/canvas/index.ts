/** The canvas as programs use it: how signatures become one, with the types of what they take and give. */
import { Chain } from './chain.ts'
import { Chord } from './chord.ts'
import type {
  AnySignature,
  InOf,
  InOfAll,
  Last,
  Linked,
  OutOf,
  OutOfAll,
  ResultOf,
  Takes,
} from './fitting.ts'
import { Group } from './group.ts'
import type { Signature } from './signature.ts'
import { pipe } from './upgrade.ts'

export { Chain } from './chain.ts'
export { Chord } from './chord.ts'
export { Chunks, map as xmap, starmap as xstarmap } from './chunks.ts'
export type { AnySignature } from './fitting.ts'
export { Group } from './group.ts'
export { Signature, type SignatureOptions } from './signature.ts'
export type { SignatureJson } from './signature-json.ts'
export { type StampingVisitor, type Stamps, stamp } from './stamps.ts'
export { pipe } from './upgrade.ts'

/** What a chain of these takes, gives and is sent for. */
type ChainOf<Steps extends readonly AnySignature[]> = Signature<
  Steps extends readonly [infer First, ...unknown[]] ? InOf<First> : InOf<Steps[number]>,
  OutOf<Last<Steps>>,
  ResultOf<Last<Steps>>
>

/**
 * One after the other, each with the value of the one before it. A group on the way becomes the header of a chord,
 * with what follows as its body; a group of one task is that task.
 */
export function chain<const Steps extends readonly AnySignature[]>(
  ...steps: Steps & Linked<Steps>
): ChainOf<Steps>
export function chain<Step extends AnySignature>(steps: readonly Step[]): ChainOf<readonly Step[]>
export function chain(...steps: readonly (AnySignature | readonly AnySignature[])[]): AnySignature {
  return listOf(steps).reduce<AnySignature>(pipe, new Chain([]) as AnySignature)
}

/** At the same time. Sent, it is a `GroupResult`; what comes after it in a chain gets the list of the values. */
export function group<const Tasks extends readonly AnySignature[]>(
  ...tasks: Tasks
): Group<InOfAll<Tasks>, OutOfAll<Tasks>>
export function group<Task extends AnySignature>(tasks: readonly Task[]): Group<InOf<Task>, OutOf<Task>[]>
export function group(...tasks: readonly (AnySignature | readonly AnySignature[])[]): unknown {
  return new Group(listOf(tasks))
}

type Header = AnySignature | readonly AnySignature[]

type HeaderOut<Tasks> = Tasks extends readonly AnySignature[] ? OutOfAll<Tasks> : OutOf<Tasks>
type HeaderIn<Tasks> = Tasks extends readonly AnySignature[] ? InOfAll<Tasks> : InOf<Tasks>

/** The header at the same time, then the body with the list of the values, wherever the last one was done. */
export function chord<const Tasks extends Header, Body extends AnySignature>(
  header: Tasks,
  body: Body & Takes<Body, HeaderOut<Tasks>>,
): Chord<HeaderIn<Tasks>, OutOf<Body>, ResultOf<Body>> {
  const tasks = header instanceof Group ? header.clone() : listOf([header])
  return new Chord(tasks as readonly AnySignature[], body.clone() as AnySignature) as Chord<
    HeaderIn<Tasks>,
    OutOf<Body>,
    ResultOf<Body>
  >
}

function listOf(parts: readonly (AnySignature | readonly AnySignature[])[]): readonly AnySignature[] {
  return parts.flat() as readonly AnySignature[]
}
