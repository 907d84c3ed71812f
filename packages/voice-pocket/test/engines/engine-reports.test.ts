import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EngineReports } from '../../src/engines/engine-reports.ts'
import type { EngineReport } from '../../src/engines/probe.ts'

const HERE: EngineReport = { name: 'espeak', available: true }
const AWAY: EngineReport = { name: 'openai', available: false, reason: 'It does not answer.' }

function open(answers: (readonly EngineReport[] | Error)[]) {
  const clock = { now: 0 }
  const warned = Promise.withResolvers<unknown>()
  let looks = 0
  const asked: (readonly string[] | undefined)[] = []
  const reports = new EngineReports({
    probe: async (names) => {
      asked.push(names)
      const answer = answers[looks++]
      if (answer instanceof Error) throw answer
      return answer ?? []
    },
    warn: warned.resolve,
    now: () => clock.now,
  })
  return { reports, clock, asked, warned: warned.promise, looks: () => looks }
}

test('several who ask first wait for one look, and nobody waits again', async () => {
  const { reports, clock, looks } = open([[HERE]])
  assert.deepEqual(await Promise.all([reports.all(), reports.all()]), [[HERE], [HERE]])
  clock.now = 1e9
  assert.deepEqual(await reports.all(), [HERE])
  assert.equal(looks(), 1)
})

test('while an engine is away it alone is looked for now and then, and nobody waits for that', async () => {
  const { reports, clock, asked, looks } = open([[HERE, AWAY], [{ ...AWAY, available: true }]])
  await reports.all()
  clock.now = 59_999
  await reports.all()
  assert.equal(looks(), 1)
  clock.now = 60_000
  await reports.all(60_001)
  assert.equal(looks(), 1, 'who does not care so much')
  assert.deepEqual(await reports.all(), [HERE, AWAY])
  assert.equal(looks(), 2)
  assert.deepEqual(await reports.all(), [HERE, { ...AWAY, available: true }])
  assert.deepEqual(asked, [undefined, ['openai']])
})

test('a first look that fails is told to who asked, and the next one looks again', async () => {
  const { reports } = open([new Error('no process'), [HERE]])
  await assert.rejects(reports.all(), /no process/)
  assert.deepEqual(await reports.all(), [HERE])
})

test('a later look that fails changes nothing, and is told', async () => {
  const { reports, clock, warned } = open([[AWAY], new Error('no process')])
  await reports.all()
  clock.now = 60_000
  assert.deepEqual(await reports.all(), [AWAY])
  assert.match(String(await warned), /no process/)
  assert.deepEqual(await reports.all(), [AWAY])
})
