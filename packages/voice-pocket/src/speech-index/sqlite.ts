import { openSharedDatabase, type SharedDatabase, sqlitePath } from '@voice-pocket/kombu/sqlite'
import type { Claim, IndexOptions, IndexStore, Parties } from '../speech-index.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS speech_index (
    uuid TEXT PRIMARY KEY, task_id TEXT NOT NULL, expires_at INTEGER) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS speech_index_expiry ON speech_index (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS speech_parties (
    uuid TEXT PRIMARY KEY, request_from TEXT NOT NULL, request_to TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS speech_claim (
    uuid TEXT PRIMARY KEY, token TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
`

/** For the claim of a process that died: nobody rings when it runs out. */
const RECHECK_MS = 250

/** The index in a SQLite file that all processes of one machine share. Times are milliseconds since the epoch. */
export class SqliteIndexStore implements IndexStore {
  readonly #shared: SharedDatabase
  readonly #expiresMs: number
  readonly #closing = new AbortController()
  readonly #statements

  readonly #now: () => number

  constructor(url: string, { expires }: Pick<IndexOptions, 'expires'>, now = Date.now) {
    this.#shared = openSharedDatabase(sqlitePath(url), SCHEMA)
    this.#expiresMs = expires * 1000
    this.#now = now
    const { db } = this.#shared
    this.#statements = {
      get: db.prepare(
        'SELECT task_id FROM speech_index WHERE uuid = ? AND (expires_at IS NULL OR expires_at > ?)',
      ),
      claim: db.prepare(`INSERT INTO speech_claim (uuid, token, expires_at) VALUES (?, ?, ?)
        ON CONFLICT (uuid) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at
        WHERE speech_claim.expires_at <= ?`),
      put: db.prepare('INSERT OR REPLACE INTO speech_index (uuid, task_id, expires_at) VALUES (?, ?, ?)'),
      parties: db.prepare(`SELECT request_from, request_to FROM speech_parties JOIN speech_index USING (uuid)
        WHERE uuid = ? AND (expires_at IS NULL OR expires_at > ?)`),
      putParties: db.prepare(
        'INSERT OR REPLACE INTO speech_parties (uuid, request_from, request_to) VALUES (?, ?, ?)',
      ),
      forgetParties: db.prepare(
        'DELETE FROM speech_parties WHERE uuid IN (SELECT uuid FROM speech_index WHERE expires_at <= ?)',
      ),
      release: db.prepare('DELETE FROM speech_claim WHERE uuid = ? AND token = ?'),
      forget: db.prepare('DELETE FROM speech_index WHERE expires_at <= ?'),
    }
  }

  async get(uuid: string): Promise<string | undefined> {
    const row = this.#statements.get.get(uuid, this.#now())
    return row === undefined ? undefined : String(row.task_id)
  }

  async parties(uuid: string): Promise<Parties | undefined> {
    const row = this.#statements.parties.get(uuid, this.#now())
    return row && { requestFrom: String(row.request_from), requestTo: String(row.request_to) }
  }

  async claim(uuid: string, token: string, milliseconds: number): Promise<Claim> {
    const now = this.#now()
    return this.#shared.transaction((): Claim => {
      const row = this.#statements.get.get(uuid, now)
      if (row !== undefined) return { taskId: String(row.task_id) }
      const { changes } = this.#statements.claim.run(uuid, token, now + milliseconds, now)
      return changes === 1 ? 'claimed' : 'busy'
    })
  }

  async settle(uuid: string, token: string, taskId: string | undefined, parties?: Parties): Promise<void> {
    const now = this.#now()
    this.#shared.transaction(() => {
      if (taskId !== undefined) {
        this.#statements.forgetParties.run(now)
        this.#statements.forget.run(now)
        this.#statements.put.run(uuid, taskId, this.#expiresMs === 0 ? null : now + this.#expiresMs)
        if (parties) this.#statements.putParties.run(uuid, parties.requestFrom, parties.requestTo)
      }
      this.#statements.release.run(uuid, token)
    })
    this.#shared.ring(topic(uuid))
  }

  async waitForSettlement(uuid: string): Promise<void> {
    await this.#shared.wait([topic(uuid)], this.#closing.signal, RECHECK_MS)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#shared.close()
  }
}

function topic(uuid: string): string {
  return `speech-index:${uuid}`
}
