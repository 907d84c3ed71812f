/** The part of HttpAppOptions that says who may what. */

import type { Caller } from '../../src/access/access.ts'
import { ApiKeys } from '../../src/access/api-keys.ts'
import type { Authenticator } from '../../src/access/authenticator.ts'
import { Gate } from '../../src/access/gate.ts'
import { type Asker, GuardedSpeech, type GuardedSpeechParts } from '../../src/access/guarded-speech.ts'
import { Meter } from '../../src/access/meter.ts'
import type { Quota } from '../../src/access/quota.ts'
import { HIGHEST_PRIORITY } from '../../src/priority.ts'
import { SqliteRecordStore } from '../../src/records/sqlite.ts'
import { Records } from '../../src/records.ts'
import type { openSpeechBench } from '../speech-bench.ts'

type Bench = Awaited<ReturnType<typeof openSpeechBench>>

/** As without any key, on loopback. */
export function openAccess(bench: Bench) {
  return accessTo(
    { ...bench, userPriority: HIGHEST_PRIORITY },
    new Gate({ mode: 'auto', authenticators: [], isConfigured: async () => false }),
  )
}

interface ClosedAccessOptions {
  readonly quotas?: readonly Quota[]
  readonly more?: readonly Authenticator[]
  /** Who has a voice. */
  readonly voices?: readonly string[]
  readonly userPriority?: number
}

/** With keys, and what else there is to be authenticated by. */
export function closedAccess(
  bench: Bench,
  { quotas = [], more = [], voices = [], userPriority = HIGHEST_PRIORITY }: ClosedAccessOptions = {},
) {
  const records = recordsOf(bench)
  const keys = new ApiKeys(records, quotas)
  const gate = new Gate({ mode: 'required', authenticators: [keys, ...more], isConfigured: async () => true })
  /** The headers of somebody with a new key. */
  const keyOf = async (email?: string, own?: readonly Quota[]) => {
    const kind = email === undefined ? 'service' : 'user'
    const { text } = await keys.create({ kind, email, quotas: own })
    return { 'X-API-Key': text }
  }
  return {
    options: accessTo({ ...bench, userPriority }, gate, records, new Set(voices)),
    keys,
    keyOf,
    records,
  }
}

export function recordsOf({ folder, cleanUp }: Bench): Records {
  return cleanUp.use(new Records(new SqliteRecordStore(`sqlite:///${folder}/index.sqlite`)))
}

function accessTo(
  parts: Omit<GuardedSpeechParts, 'hasVoice'>,
  gate: Gate,
  records?: Records,
  voices: ReadonlySet<string> = new Set(),
) {
  const noQuotas = () => Promise.reject(new Error('nobody has quotas here'))
  const noRecords = { countUpTo: noQuotas, uncount: noQuotas }
  const meterOf = ({ caller, quotas }: { caller: Caller; quotas: readonly Quota[] }) =>
    new Meter(records ?? noRecords, caller.id, quotas)
  const speechFor = (asker: Asker) =>
    new GuardedSpeech({ ...parts, hasVoice: async (email) => voices.has(email) }, asker)
  return { speechFor, access: { gate, meterOf }, corsOrigins: '' }
}
