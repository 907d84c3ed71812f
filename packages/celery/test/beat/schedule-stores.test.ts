import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createClient } from '@redis/client'
import { Connection } from '@voice-pocket/kombu'
import { AmqpScheduleStore } from '../../src/beat/amqp-store.ts'
import { openScheduleStore } from '../../src/beat/open-store.ts'
import { RedisScheduleStore } from '../../src/beat/redis-store.ts'
import { SqliteScheduleStore } from '../../src/beat/sqlite-store.ts'
import { Celery, type LooseSettings } from '../../src/index.ts'
import { serviceFrom } from '../service.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { scheduleStoreConformance } from './schedule-store-conformance.ts'

const redis = serviceFrom('REDIS_URL')
const amqp = serviceFrom('AMQP_URL')

scheduleStoreConformance('SQLite', {
  skip: false,
  canDepose: false,
  prepare: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'celery-'))
    return {
      open: () => new SqliteScheduleStore(join(folder, 'schedule')),
      forget: () => rm(folder, { recursive: true }),
    }
  },
})

scheduleStoreConformance('Redis', {
  skip: redis.skip,
  canDepose: true,
  prepare: async () => {
    const prefix = `test-${randomUUID()}`
    const client = await createClient({ url: redis.value }).connect()
    return {
      open: () => new RedisScheduleStore({ url: redis.value, prefix, lease: 2 }),
      depose: async () => void (await client.del(`${prefix}:leader`)),
      forget: async () => {
        await client.del([`${prefix}:leader`, `${prefix}:fence`, `${prefix}:schedule`])
        await client.close()
      },
    }
  },
})

scheduleStoreConformance('RabbitMQ', {
  skip: amqp.skip,
  canDepose: true,
  prepare: async () => {
    const prefix = `test.${randomUUID()}`
    const connections: Connection[] = []
    const connect = () => {
      const connection = new Connection(amqp.value)
      connections.push(connection)
      return connection
    }
    return {
      open: () => new AmqpScheduleStore({ connect, prefix }),
      depose: async () => {
        for (const connection of connections) await connection.close()
      },
      forget: async () => {
        await using connection = await new Connection(amqp.value).connect()
        await (await connection.channel()).queueDelete(`${prefix}.schedule`)
      },
    }
  },
})

describe('the schedule of an app', () => {
  const where = (settings: LooseSettings, file?: string) =>
    openScheduleStore(new Celery('named', settings), file).info

  it('is where the beats of a cluster can see it, unless a file is named', () => {
    const [redisUrl, amqpUrl] = ['redis://user:secret@h:1/2', 'amqp://guest:secret@h:1//']
    assert.equal(where({ broker: redisUrl }), 'redis://user:**@h:1/2 celery-beat.named:schedule')
    const prefixed = {
      broker: amqpUrl,
      backend: redisUrl,
      resultBackendTransportOptions: { global_keyprefix: 'p:' },
    }
    assert.equal(where(prefixed), 'redis://user:**@h:1/2 p:celery-beat.named:schedule')
    assert.equal(where({ broker: amqpUrl }), 'amqp://guest:**@h:1// celery-beat.named.schedule')
    assert.equal(where({ broker: 'memory://' }), 'celerybeat-schedule')
    assert.equal(where({ broker: redisUrl, beat_schedule_filename: 'own' }), 'own')
    assert.equal(where({ broker: redisUrl }, 'asked'), 'asked')
  })
})

describe('a schedule file', () => {
  it('of another program is not taken for a schedule', async (t) => {
    const path = join(await temporaryFolder(t), 'schedule')
    await writeFile(path, 'a shelve of Python, say: '.repeat(100))
    const store = new SqliteScheduleStore(path)
    const leading = store.lead({ name: 'beat', signal: new AbortController().signal, onStandby: () => {} })
    await assert.rejects(leading, {
      name: 'ImproperlyConfigured',
      message: /schedule cannot be used: .* remove it, or name another file with -s/,
    })
  })

  it('that is removed while a beat leads ends its leadership', async (t) => {
    const folder = await temporaryFolder(t)
    const store = new SqliteScheduleStore(join(folder, 'schedule'))
    const { signal } = new AbortController()
    const leadership = await store.lead({ name: 'beat', signal, onStandby: () => {} })
    await rm(join(folder, 'schedule'))
    await assert.rejects(leadership.save(new Map([['a', '1']])), { name: 'LeadershipLost' })
    assert.equal(leadership.lost.aborted, true)
    await store.close()
  })
})
