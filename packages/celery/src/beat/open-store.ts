import type { Celery } from '../app/celery.ts'
import { AmqpScheduleStore } from './amqp-store.ts'
import { RedisScheduleStore } from './redis-store.ts'
import type { ScheduleStore } from './schedule-store.ts'
import { SqliteScheduleStore } from './sqlite-store.ts'

export const DEFAULT_FILENAME = 'celerybeat-schedule'

/**
 * Where the schedule of an app lives: in the file that is named; else in Redis, when that is the broker or keeps the results;
 * else in RabbitMQ, when that is the broker; else in a file. In Redis and RabbitMQ it has the app's name, so apps that
 * share one need names of their own.
 */
export function openScheduleStore(app: Celery, filename = app.conf.beatScheduleFilename): ScheduleStore {
  if (filename !== '') return new SqliteScheduleStore(filename)
  const { conf } = app
  const broker = app.connection.urls[0]?.href ?? ''
  const inRedis = [
    { url: broker, ssl: conf.brokerUseSsl, options: conf.brokerTransportOptions },
    { url: conf.resultBackend, ssl: conf.redisBackendUseSsl, options: conf.resultBackendTransportOptions },
  ].find(({ url }) => /^rediss?:/.test(url))
  const prefix = `celery-beat.${app.name}`
  if (inRedis) {
    const keyPrefix = inRedis.options.globalKeyprefix ?? inRedis.options.global_keyprefix ?? ''
    const { url, ssl } = inRedis
    return new RedisScheduleStore({ url, ssl, prefix: `${keyPrefix}${prefix}`, lease: conf.beatLease })
  }
  if (/^amqps?:/.test(broker))
    return new AmqpScheduleStore({ connect: () => app.newConnection('beat'), prefix })
  return new SqliteScheduleStore(DEFAULT_FILENAME)
}
