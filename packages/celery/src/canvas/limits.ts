import { CanvasError } from '../exceptions.ts'
import type { AnySignature } from './fitting.ts'

/** How deep a canvas may be nested. A chain is flat, however long; this is for signatures inside of signatures. */
export const MAX_DEPTH = 200

/** How many signatures a canvas may have; all of them travel in its first messages. */
const MAX_SIGNATURES = 100_000

/**
 * Refuses a canvas that has no end, or next to none, before anybody walks through it.
 * @throws CanvasError
 */
export function assertFinite(root: AnySignature): void {
  const path = new Set<AnySignature>()
  let count = 0
  const visit = (signature: AnySignature): void => {
    count += 1
    if (path.has(signature)) {
      throw new CanvasError(
        `The canvas refers to itself: '${signature.task}' is a part of its own parts. Use clone() for a second copy.`,
      )
    }
    if (path.size >= MAX_DEPTH) throw tooDeep()
    if (count > MAX_SIGNATURES) {
      throw new CanvasError(
        `The canvas has more than ${MAX_SIGNATURES} signatures. Put many small calls in chunks().`,
      )
    }
    path.add(signature)
    for (const part of neighbours(signature)) visit(part)
    path.delete(signature)
  }
  visit(root)
}

export function tooDeep(): CanvasError {
  return new CanvasError(
    `The canvas is nested more than ${MAX_DEPTH} deep. Chain what follows instead of linking one into the other.`,
  )
}

function neighbours({ parts, options }: AnySignature): readonly AnySignature[] {
  const { link = [], linkError = [], chain = [], chord } = options
  return [...parts, ...link, ...linkError, ...chain, ...(chord ? [chord] : [])]
}
