/** What other packages need to talk to Redis themselves, in the way this one does. */
export { type RedisAddress, type RedisTls, redisAddress } from './address.ts'
export { type RedisClient, RedisConnection, type RedisConnectionOptions } from './connection.ts'
export { findMaster } from './sentinel.ts'
