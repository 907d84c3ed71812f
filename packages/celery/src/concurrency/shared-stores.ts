import { maskUrl } from '@voice-pocket/kombu'
import type { Settings } from '../app/defaults.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { PoolName } from './index.ts'

/**
 * Children cannot reach what is in the memory of their parent: a result they stored there would never be seen,
 * and a retry they sent there would be gone.
 * @throws ImproperlyConfigured when broker or result backend are of that kind.
 */
export function assertReachableByChildren(conf: Settings, pool: PoolName): void {
  const { brokerUrl, brokerWriteUrl, resultBackend } = conf
  // Children send and store; what a worker takes from is its own affair.
  const sendingTo = brokerWriteUrl.length > 0 ? { brokerWriteUrl } : { brokerUrl }
  const addresses = Object.entries({ ...sendingTo, resultBackend }).map(
    ([setting, urls]) => [setting, [urls].flat()] as const,
  )
  for (const [setting, urls] of addresses) {
    const unreachable = urls.find((url) => /^(?:cache\+)?memory:/i.test(url))
    if (unreachable === undefined) continue
    throw new ImproperlyConfigured(
      `The pool '${pool}' runs tasks in children, which cannot reach ${maskUrl(unreachable)} (${setting}) ` +
        "in the memory of the worker. Use a file (sqlite:///…) or a server, or take the pool 'async'.",
    )
  }
}
