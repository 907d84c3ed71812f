import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { InvalidValueError, OperationalError } from '../../src/exceptions.ts'
import { openSharedDatabase, sqlitePath } from '../../src/sqlite/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kombu-sqlite-'))
after(() => rmSync(folder, { recursive: true }))

const SCHEMA = 'CREATE TABLE IF NOT EXISTS note (text TEXT) STRICT'
const NEVER = new AbortController().signal

describe('a shared database', () => {
  test('makes its folder, and keeps what a transaction committed', () => {
    const path = join(folder, 'not', 'yet', 'there.sqlite')
    using first = openSharedDatabase(path, SCHEMA)
    first.transaction(() => first.db.exec("INSERT INTO note VALUES ('kept')"))
    using second = openSharedDatabase(path, SCHEMA)
    assert.deepEqual(
      second.db
        .prepare('SELECT text FROM note')
        .all()
        .map((row) => row.text),
      ['kept'],
    )
  })

  test('is for its owner and their group alone, with its log and its folder', () => {
    const usual = process.umask(0o022)
    const place = join(folder, 'private')
    const path = join(place, 'queue.sqlite')
    using database = openSharedDatabase(path, SCHEMA)
    process.umask(usual)
    database.transaction(() => database.db.exec("INSERT INTO note VALUES ('secret')"))
    for (const each of [place, path, `${path}-wal`, `${path}-shm`]) {
      assert.equal((statSync(each).mode & 0o027).toString(8), '0', each)
    }
  })

  test('keeps nothing of a transaction that throws, and throws the same error', () => {
    using database = openSharedDatabase(join(folder, 'rollback.sqlite'), SCHEMA)
    const trouble = new Error('in the middle')
    assert.throws(
      () =>
        database.transaction(() => {
          database.db.exec("INSERT INTO note VALUES ('half')")
          throw trouble
        }),
      trouble,
    )
    assert.equal(database.db.prepare('SELECT count(*) AS n FROM note').get()?.n, 0)
  })

  test('wakes a waiter of the rung topic, on this connection and on another one', async () => {
    const path = join(folder, 'ring.sqlite')
    using ringer = openSharedDatabase(path, SCHEMA)
    using listener = openSharedDatabase(path, SCHEMA)
    const minute = 60_000
    const both = Promise.all([ringer.wait(['a', 'b'], NEVER, minute), listener.wait(['b'], NEVER, minute)])
    ringer.ring('b')
    await both
  })

  test('calls a listener at each ring of its topic and after the fallback interval, until it is stopped', async () => {
    using database = openSharedDatabase(join(folder, 'listen.sqlite'), SCHEMA)
    let rings = 0
    const stop = database.listen(['mine'], () => (rings += 1), 60_000)
    database.ring('mine')
    database.ring('mine')
    stop()
    database.ring('mine')
    assert.equal(rings, 2)
    await new Promise<void>((resolve) => {
      const stopSoon = database.listen(
        ['silence'],
        () => {
          stopSoon()
          resolve()
        },
        1,
      )
    })
  })

  test('shows others a durable transaction at once, and says when it is on the disk', async () => {
    const path = join(folder, 'durable.sqlite')
    using first = openSharedDatabase(path, SCHEMA)
    using second = openSharedDatabase(path, SCHEMA)
    const write = (text: string) =>
      first.durableTransaction(() => first.db.prepare('INSERT INTO note VALUES (?)').run(text))
    const durable = Promise.all([write('one'), write('two'), write('three')])
    assert.equal(second.db.prepare('SELECT count(*) AS n FROM note').get()?.n, 3)
    await durable
    assert.equal(first.db.prepare('PRAGMA synchronous').get()?.synchronous, 2, 'FULL for all the others')
  })

  test('does not say that it is on the disk when nobody can tell', async () => {
    const gone = join(folder, 'gone')
    using database = openSharedDatabase(join(gone, 'gone.sqlite'), SCHEMA)
    rmSync(gone, { recursive: true })
    await assert.rejects(database.synced(), (error) => {
      assert.ok(error instanceof OperationalError)
      assert.match(
        error.message,
        /Nobody knows whether what was written to .*gone\.sqlite-wal is on the disk/,
      )
      return true
    })
  })

  test('does not wake a waiter of another topic', async () => {
    using database = openSharedDatabase(join(folder, 'topics.sqlite'), SCHEMA)
    const giveUp = new AbortController()
    const woken: string[] = []
    const rung = database.wait(['mine'], NEVER, 60_000).then(() => woken.push('mine'))
    const other = database.wait(['other'], giveUp.signal, 60_000).then(() => woken.push('other'))
    database.ring('mine')
    await rung
    assert.deepEqual(woken, ['mine'])
    giveUp.abort()
    await other
  })

  test('stops waiting after the fallback interval, or when the signal aborts', async () => {
    using database = openSharedDatabase(join(folder, 'fallback.sqlite'), SCHEMA)
    await database.wait(['silence'], NEVER, 1)
    await database.wait(['silence'], AbortSignal.abort(), 60_000)
  })

  test('tells every listener of every ring, until it stops listening', () => {
    using database = openSharedDatabase(join(folder, 'all.sqlite'), SCHEMA)
    let rings = 0
    const stop = database.onRing(() => {
      rings += 1
    })
    database.ring('a')
    database.ring('b')
    stop()
    database.ring('c')
    assert.equal(rings, 2)
  })
})

describe('a file that cannot be used is an OperationalError that names it', () => {
  const refused = (path: string, remedy: RegExp): void => {
    assert.throws(
      () => openSharedDatabase(path, SCHEMA),
      (error) => {
        assert.ok(error instanceof OperationalError)
        assert.ok(error.message.includes(path), error.message)
        assert.match(error.message, remedy)
        return true
      },
    )
  }

  test('a folder', () => {
    const path = join(folder, 'folder.sqlite')
    mkdirSync(path)
    refused(path, /check that it is a file/)
  })

  test('a file of another kind', () => {
    const path = join(folder, 'letter.sqlite')
    writeFileSync(path, 'Dear reader, this is not a database. '.repeat(100))
    refused(path, /file of another kind; name another path/)
  })

  test('a path below a file', () => {
    const path = join(folder, 'letter.sqlite', 'inner.sqlite')
    refused(path, /folder of the database .* cannot be made/)
  })

  test('a file, or a folder, that may only be read', async () => {
    const locked = join(folder, 'locked')
    const path = join(locked, 'locked.sqlite')
    const files: [string, number][] = [
      [path, 0o444],
      [locked, 0o555],
      [folder, 0o755],
    ]
    openSharedDatabase(path, SCHEMA).close()
    for (const [file, mode] of files) chmodSync(file, mode)
    const reader = fork(join(import.meta.dirname, 'unprivileged.ts'), [path])
    const [said] = await once(reader, 'message')
    chmodSync(locked, 0o755)
    assert.match(
      said,
      /^OperationalError: The database .*locked\.sqlite cannot be used: .* let the user write to/,
    )
  })

  test('a database of a newer release', () => {
    const path = join(folder, 'newer.sqlite')
    const newer = new DatabaseSync(path)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    refused(path, /has format 99, this release knows 1; upgrade/)
  })
})

describe('sqlitePath', () => {
  test('reads a relative and an absolute path', () => {
    assert.equal(sqlitePath('sqlite:///data/queue.sqlite'), resolve('data/queue.sqlite'))
    assert.equal(sqlitePath('sqlite:////var/lib/queue%20one.sqlite?x=1'), '/var/lib/queue one.sqlite')
  })

  for (const url of ['sqlite://', 'sqlite:///', 'sqlite://host/file', 'redis:///file', 'sqlite:///%zz']) {
    test(`refuses ${url}`, () => assert.throws(() => sqlitePath(url), InvalidValueError))
  }
})
