/**
 * Test files run side by side, each in a lane. Some look at everything there is, such as all workers of a broker;
 * so each lane has a part of every server for itself: AMQP_URL_1 and REDIS_URL_1 are for the first one, and so on.
 */
import { availableParallelism } from 'node:os'
import type { Environment } from './service.ts'

export type ServerVariable = 'AMQP_URL' | 'REDIS_URL'

/** Half of a test file's time is waiting for other processes, but more lanes than this need servers of more memory. */
export const LANES = Array.from({ length: Math.min(availableParallelism(), 4) }, (_, index) => index + 1)

/** The variables that name the lanes' parts of a server that was started for them. */
export function nameLanes(variable: ServerVariable, urlOf: (lane: number) => string): Environment {
  return Object.fromEntries(LANES.map((lane) => [`${variable}_${lane}`, urlOf(lane)]))
}

/** How many test files can run side by side; on a server that was named, and cannot be divided, one at a time. */
export function countLanes(environment: Environment): number {
  const isWhole = (lane: number) => environment[`AMQP_URL_${lane}`] && environment[`REDIS_URL_${lane}`]
  let count = 0
  while (isWhole(count + 1)) count += 1
  return Math.max(count, 1)
}

/** The server for the test file that runs in this process; NODE_TEST_WORKER_ID is the test runner's name for its lane. */
export function serverOfLane(variable: ServerVariable): string | undefined {
  const { [`${variable}_${process.env.NODE_TEST_WORKER_ID}`]: own, [variable]: shared } = process.env
  return own ?? shared
}
