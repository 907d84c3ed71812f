/**
 * A program that owns a pool of two children, says so, and runs until it is ended. With a folder as its argument, one of
 * them computes for ever.
 */
import { join } from 'node:path'
import { PreforkPool } from '../../src/concurrency/prefork.ts'
import { silentLogger } from '../../src/logger.ts'
import { jobOf } from './jobs.ts'

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
const [folder] = process.argv.slice(2)
if (folder !== undefined) void pool.run(jobOf('spin', folder, 'spin'), () => {})
console.log('ready')
