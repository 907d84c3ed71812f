import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { ClusterEngines } from '../../src/engines/cluster-engines.ts'
import type { EngineReport } from '../../src/engines/probe.ts'
import { RecordsUnavailableError } from '../../src/exceptions.ts'
import { SqliteRecordStore } from '../../src/records/sqlite.ts'
import { Records } from '../../src/records.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const here = (name: string): EngineReport => ({ name, available: true })
const away = (name: string): EngineReport => ({ name, available: false, reason: 'No model.' })

/** Records that every process of the test shares, an event for each change, and their clock. */
async function open(t: TestContext) {
  const records = new Records(new SqliteRecordStore(`sqlite:///${await temporaryFolder(t)}/index.sqlite`))
  t.after(() => records.close())
  const changes = new EventTarget()
  const clock = { now: 1_000_000 }
  const warnings: unknown[] = []
  const shared = {
    list: (prefix: string) => records.list(prefix),
    now: async () => clock.now,
    update: async <Value>(key: string, change: (value: unknown) => Value) => {
      const value = await records.update(key, change)
      changes.dispatchEvent(new Event('change'))
      return value
    },
  }
  const machine = (...reports: EngineReport[]) =>
    new ClusterEngines({
      records: shared,
      own: { all: async () => reports },
      warn: (error) => void warnings.push(error),
      sayFirstMs: 0,
    })
  const worker = async (name: string, ...reports: EngineReport[]) => {
    const made = machine(...reports)
    const said = once(changes, 'change')
    made.startSaying(name)
    await said
    return made
  }
  return { records, clock, warnings, machine, worker }
}

const seen = async (engines: ClusterEngines) =>
  (await engines.all()).map(({ name, available, workers }) => `${name} ${available} ${workers}`)

test('a machine without a worker tells what the workers have, not what it has itself', async (t) => {
  const { machine, worker } = await open(t)
  const api = machine(here('espeak'), away('sherpa'))
  assert.deepEqual(await seen(api), ['espeak true undefined', 'sherpa false undefined'], 'nobody has said')
  await using _one = await worker('one@a', here('sherpa'), here('openai'))
  await using _two = await worker('two@b', away('sherpa'), here('openai'), away('celery'))
  assert.deepEqual(await seen(api), ['sherpa true 1', 'openai true 2', 'celery false 0'])
})

test('a machine with a worker counts its own as it is now', async (t) => {
  const { worker } = await open(t)
  await using one = await worker('one@a', here('espeak'))
  assert.deepEqual(await seen(one), ['espeak true 1'])
  await using _two = await worker('two@b', here('espeak'), here('sherpa'))
  assert.deepEqual(await seen(one), ['espeak true 2', 'sherpa true 1'])
})

test('a worker that ends takes back what it said; one that was killed is believed for three minutes', async (t) => {
  const { machine, worker, clock, records } = await open(t)
  const api = machine(here('espeak'))
  const ended = await worker('ended@a', here('sherpa'))
  await using _killed = await worker('killed@b', here('openai'))
  assert.deepEqual(await seen(api), ['sherpa true 1', 'openai true 1'])
  await ended.close()
  await ended.close()
  assert.deepEqual(await seen(api), ['openai true 1'])
  clock.now += 3 * 60_000
  assert.deepEqual(await seen(api), ['espeak true undefined'])
  clock.now += 60 * 60_000
  await (await worker('other@c', here('espeak'))).close()
  assert.deepEqual(await records.list('engines/'), [], 'others clear it away')
})

test('records that are away are told of, and this process tells what it sees', async () => {
  const error = new RecordsUnavailableError('away')
  const refuse = () => Promise.reject(error)
  const warnings: unknown[] = []
  const api = new ClusterEngines({
    records: { list: refuse, update: refuse, now: refuse },
    own: { all: async () => [here('espeak')] },
    warn: (warning) => void warnings.push(warning),
  })
  assert.deepEqual(await seen(api), ['espeak true undefined'])
  api.startSaying('one@a')
  await api.close()
  assert.deepEqual(warnings, [error, error])
})
