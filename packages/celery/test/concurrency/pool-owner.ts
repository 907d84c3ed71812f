/** A program that owns a pool of two children, says so, and runs until it is ended. */
import { join } from 'node:path'
import { PreforkPool } from '../../src/concurrency/prefork.ts'
import { silentLogger } from '../../src/logger.ts'

const pool = new PreforkPool({
  limit: 2,
  appModule: join(import.meta.dirname, 'pool-tasks.ts'),
  settings: {},
  modules: [],
  beforeSpawn() {},
  env: process.env,
  cancelWaitMs: 1000,
  maxTasksPerChild: 0,
  maxMemoryPerChild: 0,
  logger: silentLogger,
})
await pool.start()
console.log('ready')
