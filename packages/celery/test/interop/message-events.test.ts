/** Events of messages that are no tasks: Celery has none, and what it makes of ours. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { it } from 'node:test'
import { Ear } from '../events/ear.ts'
import { serviceFrom } from '../service.ts'
import { stepBench } from '../worker/consumer-step/step-bench.ts'

const { value: python, skip } = serviceFrom('PYTHON_VENV')

/** Python's State takes events in, and tells what it counted and knows then. */
const PROGRAM = `
import json, sys
from celery.events.state import State
state = State()
for event in json.load(sys.stdin):
    state.event(event)
print(json.dumps([state.event_count, sorted(state.workers), sorted(state.tasks)]))
`

it('Python’s State counts the events of foreign messages, and takes them for nothing else', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const { app, send, start } = stepBench(t, () => {})
  const ear = await Ear.on(t, app)
  await start({ taskEvents: true, hostname: 'w1@host', withoutHeartbeat: true })
  await send({ type: 'placed', number: 1 })
  await send({ type: 'lost' })
  const heard = () => ear.events.filter(({ type }) => type.startsWith('message-'))
  await ear.until(() => heard().length === 4)
  const child = spawn(python, ['-c', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(heard()))
  assert.deepEqual(JSON.parse(await text(child.stdout)), [4, [], []])
})
