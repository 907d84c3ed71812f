/**
 * What every transport must do, in one place: each runs this suite, against the real broker where there is one.
 * A test's title is the promise; `implements` flags decide what is left out.
 */
import { describe } from 'node:test'
import type { Connection } from '../src/index.ts'
import { contentConformance } from './conformance/content.ts'
import { deadLetterConformance } from './conformance/dead-letters.ts'
import { deliveryConformance } from './conformance/delivery.ts'
import { lossConformance } from './conformance/loss.ts'
import { programConformance } from './conformance/programs.ts'
import { routingConformance } from './conformance/routing.ts'
import { topologyConformance } from './conformance/topology.ts'

export interface ConformanceOptions {
  readonly name: string
  readonly url: string
  /** Why it is skipped. */
  readonly skip?: string | false
  /** An address of the same scheme where no broker is. */
  readonly unreachableUrl: string
  /** Cuts the line under a connection, without closing it; the broker stays. Left out where there is no line. */
  readonly cut?: (connection: Connection) => Promise<void>
}

export function transportConformance(options: ConformanceOptions): void {
  describe(`${options.name} transport`, { skip: options.skip ?? false }, () => {
    topologyConformance(options)
    routingConformance(options)
    deliveryConformance(options)
    deadLetterConformance(options)
    contentConformance(options)
    programConformance(options)
    lossConformance(options)
  })
}
