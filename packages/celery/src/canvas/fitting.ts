/**
 * What fits what, for the compiler. A signature is typed by the arguments it still misses (`In`, one tuple for each
 * way to complete it) and by the value it gives (`Out`). Arguments that come later are put before those it has, as in
 * Celery, so `add.s(2)` of `(x: number, y: number)` misses `[x: number]`.
 */
import type { Signature } from './signature.ts'

// biome-ignore lint/suspicious/noExplicitAny: where signatures of all types meet
export type AnySignature = Signature<any, any, any>

type Tuple = readonly unknown[]

/** The ways to call a function: optional parameters given, or not. */
type Calls<Params extends Tuple> = number extends Params['length']
  ? Params
  : Params extends readonly [unknown, ...infer Rest]
    ? Params extends readonly [infer First, ...Rest]
      ? readonly [First, ...Calls<Rest>]
      : never
    : Params extends readonly [(infer First)?, ...infer Rest]
      ? Params extends readonly []
        ? readonly []
        : readonly [] | readonly [First, ...Calls<Rest>]
      : readonly []

/** The ends of a list of arguments, the whole and nothing included. */
type Ends<Call extends Tuple> = number extends Call['length']
  ? Call | Tuple
  : Call extends readonly [unknown, ...infer Rest]
    ? Call | Ends<Rest>
    : readonly []

/** The last arguments themselves when they fit the function; else those that would, for the compiler to name. */
export type Suitable<Params extends Tuple, Given extends Tuple> = [Given] extends [Ends<Calls<Params>>]
  ? Given
  : Ends<Calls<Params>>

/** What is left of one call when its last arguments are given; `never` when they do not fit. */
type Before<Call extends Tuple, Given extends Tuple> = number extends Call['length']
  ? Call
  : Given extends readonly [...infer Earlier, infer Last]
    ? Call extends readonly [...infer Others, infer Wanted]
      ? Last extends Wanted
        ? Before<Others, Earlier>
        : never
      : never
    : Call

/** What is missing yet when `Given` are the last arguments. */
export type Missing<Params extends Tuple, Given extends Tuple> =
  Calls<Params> extends infer Call ? (Call extends Tuple ? Before<Call, Given> : never) : never

export type InOf<Sig> = Sig extends { readonly '~in'?: (args: infer In) => void } ? In : never
export type OutOf<Sig> = Sig extends { readonly '~out'?: () => infer Out } ? Out : never
export type ResultOf<Sig> = Sig extends { readonly '~result'?: () => infer Result } ? Result : never

/** The arguments that each one of them can be completed with. */
export type InOfAll<Sigs extends Tuple> = Sigs[number] extends { readonly '~in'?: (args: infer In) => void }
  ? In extends Tuple
    ? In
    : never
  : never

export type OutOfAll<Sigs extends Tuple> = { -readonly [Index in keyof Sigs]: OutOf<Sigs[Index]> }

/** The signature itself when the value completes it; else what would be needed, for the compiler to name. */
export type Takes<Sig, Value> = [readonly [Value]] extends [InOf<Sig>]
  ? Sig
  : [[Value]] extends [InOf<Sig>]
    ? Sig
    : Signature<readonly [Value], unknown>

/** Each step of a chain takes what the one before it gives. */
export type Linked<Steps extends Tuple> = {
  [Index in keyof Steps]: Index extends keyof (readonly [never, ...Steps])
    ? Index extends '0'
      ? Steps[Index]
      : Takes<Steps[Index], OutOf<(readonly [never, ...Steps])[Index]>>
    : Steps[Index]
}

export type Last<Steps extends Tuple> = Steps extends readonly [...unknown[], infer End] ? End : Steps[number]
