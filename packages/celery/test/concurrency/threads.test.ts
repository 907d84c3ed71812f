import { ThreadsPool } from '../../src/concurrency/threads.ts'
import { describeChildren } from './children-conformance.ts'

describeChildren('threads', (options) => new ThreadsPool(options), [
  ['exit', [3], 'exitcode 3'],
  ['crash', [], 'Error: outside of the task'],
])
