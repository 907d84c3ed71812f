import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deadlines } from '../../src/backends/deadlines.ts'

test('what is not done in time is told, in order; what is done is not', async (t) => {
  const keepAlive = setInterval(() => {}, 1000) // whoever waits has a connection
  t.after(() => clearInterval(keepAlive))
  const deadlines = new Deadlines(5)
  const due: string[] = []
  deadlines.begin(() => due.push('first'))
  const done = deadlines.begin(() => due.push('done'))
  const last = new Promise<void>((resolve) => {
    deadlines.begin(() => {
      due.push('last')
      resolve()
    })
  })
  done()
  await last
  assert.deepEqual(due, ['first', 'last'])
  await new Promise<void>((resolve) => deadlines.begin(resolve)) // the timer starts anew
})
