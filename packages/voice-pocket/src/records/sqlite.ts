import { openSharedDatabase, type SharedDatabase, sqlitePath } from '@voice-pocket/kombu/sqlite'
import type { BoundedCount, Count, RecordStore, StoredRecord } from '../records.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS record (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, version TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS record_count (
    key TEXT PRIMARY KEY, total REAL NOT NULL, ends_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS record_count_end ON record_count (ends_at);
  CREATE TABLE IF NOT EXISTS record_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, entry TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS record_log_key ON record_log (key, id);
`

/** Above every key that begins with the prefix: no text has a character behind this one. */
const LAST = '\u{10ffff}'

/** Records in a SQLite file that all processes of one machine share. Times are milliseconds since the epoch. */
export class SqliteRecordStore implements RecordStore {
  readonly #shared: SharedDatabase
  readonly #now: () => number
  readonly #statements

  constructor(url: string, now = Date.now) {
    this.#shared = openSharedDatabase(sqlitePath(url), SCHEMA)
    this.#now = now
    const { db } = this.#shared
    this.#statements = {
      get: db.prepare('SELECT key, value, version FROM record WHERE key = ?'),
      insert: db.prepare(
        'INSERT INTO record (key, value, version) VALUES (?, ?, hex(randomblob(8))) ON CONFLICT DO NOTHING',
      ),
      update: db.prepare(
        'UPDATE record SET value = ?, version = hex(randomblob(8)) WHERE key = ? AND version = ?',
      ),
      delete: db.prepare('DELETE FROM record WHERE key = ? AND version = ?'),
      list: db.prepare('SELECT key, value, version FROM record WHERE key >= ? AND key < ? ORDER BY key'),
      count: db.prepare(`INSERT INTO record_count (key, total, ends_at) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET total = total + excluded.total RETURNING total, ends_at`),
      counted: db.prepare('SELECT total, ends_at FROM record_count WHERE key = ?'),
      uncount: db.prepare(
        'UPDATE record_count SET total = MAX(0, total - ?) WHERE key = ? AND ends_at > ? RETURNING total',
      ),
      forgetCounts: db.prepare('DELETE FROM record_count WHERE ends_at <= ?'),
      append: db.prepare('INSERT INTO record_log (key, entry) VALUES (?, ?)'),
      trim: db.prepare(`DELETE FROM record_log WHERE key = ?1 AND id <=
        (SELECT id FROM record_log WHERE key = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`),
      entries: db.prepare('SELECT entry FROM record_log WHERE key = ? ORDER BY id DESC LIMIT ?'),
      erase: db.prepare('DELETE FROM record_log WHERE key = ?'),
    }
  }

  async get(key: string): Promise<StoredRecord | undefined> {
    const row = this.#shared.read(() => this.#statements.get.get(key))
    return row && toRecord(row)
  }

  async swap(key: string, version: string | undefined, value: unknown): Promise<boolean> {
    const { insert, update, delete: remove } = this.#statements
    return this.#shared.transaction(() => {
      if (version === undefined) return insert.run(key, JSON.stringify(value)).changes === 1
      if (value === undefined) return remove.run(key, version).changes === 1
      return update.run(JSON.stringify(value), key, version).changes === 1
    })
  }

  async list(prefix: string): Promise<StoredRecord[]> {
    return this.#shared.read(() => this.#statements.list.all(prefix, prefix + LAST)).map(toRecord)
  }

  async count(key: string, by: number, windowMs: number): Promise<Count> {
    const { total, resetsInMs } = await this.countUpTo(key, by, windowMs, Number.POSITIVE_INFINITY)
    return { total, resetsInMs }
  }

  async countUpTo(key: string, by: number, windowMs: number, limit: number): Promise<BoundedCount> {
    const now = this.#now()
    return this.#shared.transaction(() => {
      this.#statements.forgetCounts.run(now)
      const present = this.#statements.counted.get(key) ?? { total: 0, ends_at: now + windowMs }
      const counted = Number(present.total) + by <= limit
      const row = counted ? this.#statements.count.get(key, by, now + windowMs) : present
      return { total: Number(row?.total), resetsInMs: Number(row?.ends_at) - now, counted }
    })
  }

  async uncount(key: string, by: number): Promise<number> {
    const now = this.#now()
    const row = this.#shared.transaction(() => this.#statements.uncount.get(by, key, now))
    return Number(row?.total ?? 0)
  }

  async append(key: string, entry: unknown, keep: number): Promise<void> {
    this.#shared.transaction(() => {
      this.#statements.append.run(key, JSON.stringify(entry))
      this.#statements.trim.run(key, keep)
    })
  }

  async entries(key: string, limit: number): Promise<unknown[]> {
    const rows = this.#shared.read(() => this.#statements.entries.all(key, limit))
    return rows.map(({ entry }) => JSON.parse(String(entry)))
  }

  async erase(key: string): Promise<void> {
    this.#shared.transaction(() => this.#statements.erase.run(key))
  }

  /** All who share the file are on one machine. */
  async now(): Promise<number> {
    return this.#now()
  }

  async close(): Promise<void> {
    this.#shared.close()
  }
}

function toRecord({ key, value, version }: { [column: string]: unknown }): StoredRecord {
  return { key: String(key), value: JSON.parse(String(value)), version: String(version) }
}
