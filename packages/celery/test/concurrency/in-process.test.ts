import { createPool, type PoolName } from '../../src/concurrency/index.ts'
import { trace } from '../../src/index.ts'
import { silentLogger } from '../../src/logger.ts'
import { describePool } from './pool-conformance.ts'
import { app } from './pool-tasks.ts'

const make = (name: PoolName, limit: number) => () =>
  createPool(name, {
    limit,
    run: (job, options) => trace(app, job.wire, options),
    appModule: undefined,
    settings: {},
    modules: [],
    beforeSpawn() {},
    env: process.env,
    cancelWaitMs: 1000,
    maxTasksPerChild: 0,
    maxMemoryPerChild: 0,
    logger: silentLogger,
  })

describePool('solo', 1, make('solo', 1))
describePool('async', 3, make('async', 3))
