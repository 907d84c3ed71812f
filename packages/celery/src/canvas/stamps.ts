/** Stamps: headers that every call of a canvas carries, so that what belongs together can be found and revoked. */
import { Chain } from './chain.ts'
import { Chord } from './chord.ts'
import type { AnySignature } from './fitting.ts'
import { Group } from './group.ts'

export type Stamps = Readonly<Record<string, unknown>>

/** Asked at each part of a canvas which stamps it is to have, beside those of the whole that it is a part of. */
export interface StampingVisitor {
  onSignature?(signature: AnySignature, stamps: Stamps): Stamps | undefined
  onChain?(chain: AnySignature, stamps: Stamps): Stamps | undefined
  onGroup?(group: AnySignature, stamps: Stamps): Stamps | undefined
  onChordHeader?(chord: AnySignature, stamps: Stamps): Stamps | undefined
  onChordBody?(chord: AnySignature, stamps: Stamps): Stamps | undefined
  onCallback?(callback: AnySignature, stamps: Stamps): Stamps | undefined
  onErrback?(errback: AnySignature, stamps: Stamps): Stamps | undefined
}

/** Stamps a canvas and all that is in it, callbacks too; it is returned. A stamp that a call has already is replaced. */
export function stamp<Sig extends AnySignature>(signature: Sig, by: StampingVisitor | Stamps): Sig {
  const visitor = isVisitor(by) ? by : {}
  visit(signature, visitor, isVisitor(by) ? {} : by)
  return signature
}

function visit(signature: AnySignature, visitor: StampingVisitor, inherited: Stamps): void {
  if (signature instanceof Chord) visitChord(signature, visitor, inherited)
  else if (signature instanceof Chain) visitTasks(signature, visitor, inherited, visitor.onChain)
  else if (signature instanceof Group) visitTasks(signature, visitor, inherited, visitor.onGroup)
  else visitTask(signature, visitor, inherited)
}

function visitTask(signature: AnySignature, visitor: StampingVisitor, inherited: Stamps): void {
  visitLinks(signature, visitor, inherited)
  const own = visitor.onSignature?.(signature, inherited)
  signature.set({ stamps: { ...signature.options.stamps, ...inherited, ...own } })
}

function visitTasks(
  whole: Chain | Group,
  visitor: StampingVisitor,
  inherited: Stamps,
  ask: StampingVisitor['onGroup'],
): void {
  const stamps = { ...inherited, ...ask?.call(visitor, whole as AnySignature, inherited) }
  visitLinks(whole as AnySignature, visitor, stamps)
  for (const task of whole.tasks) visit(task, visitor, stamps)
}

function visitChord(chord: Chord, visitor: StampingVisitor, inherited: Stamps): void {
  const signature = chord as AnySignature
  visit(chord.header as AnySignature, visitor, {
    ...inherited,
    ...visitor.onChordHeader?.(signature, inherited),
  })
  visitLinks(signature, visitor, inherited)
  visit(chord.body, visitor, { ...inherited, ...visitor.onChordBody?.(signature, inherited) })
}

function visitLinks({ options }: AnySignature, visitor: StampingVisitor, stamps: Stamps): void {
  for (const callback of options.link ?? []) {
    visit(callback, visitor, { ...stamps, ...visitor.onCallback?.(callback, stamps) })
  }
  for (const errback of options.linkError ?? []) {
    visit(errback, visitor, { ...stamps, ...visitor.onErrback?.(errback, stamps) })
  }
}

function isVisitor(by: StampingVisitor | Stamps): by is StampingVisitor {
  return Object.values(by).some((value) => typeof value === 'function') || !isPlain(by)
}

const isPlain = (value: object) => Object.getPrototypeOf(value) === Object.prototype
