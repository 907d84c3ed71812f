import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { TaskRevokedError } from '../../../src/index.ts'
import type { Border } from '../border.ts'
import { alike } from '../unlike.ts'
import { reached } from './reached.ts'

const COMMAND = join(import.meta.dirname, '../../../src/bin/celery.ts')
const FOLDER = join(import.meta.dirname, '..')

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Python's own `celery` command. */
async function theirs({ commandLine }: Border, ...args: readonly string[]): Promise<Ended> {
  return (await commandLine.ask('run', { args })) as unknown as Ended
}

/** Our `celery` command. */
function ours({ ground }: Border, ...args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, INTEROP_SETTINGS: JSON.stringify(ground.settings) }
  const all = [COMMAND, '-A', './interop-app.ts', ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, all, { cwd: FOLDER, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

const BOTH = { Python: theirs, ours }

/** What workers say does not depend on who asks: Python asks everything, and ours what has replies of each kind. */
const INSPECTED = {
  Python: ['active', 'reserved', 'scheduled', 'stats', 'active_queues', 'clock', 'ping'],
  ours: ['active', 'stats'],
}

/** What cannot be the same, such as settings and memory, and what is said of it nevertheless. */
const OF_ITS_OWN = {
  conf: /"task_default_queue":/,
  report: /software -> .*platform -> .*settings -> /s,
  memsample: /^"[\d.]+MB"$/,
  memdump: /rss \(end\): [\d.]+MB/,
}

const changes = (run: string) => ({
  Python: [
    ['add_consumer', `${run}.more`],
    ['cancel_consumer', `${run}.more`],
    ['pool_grow', '1'],
    ['pool_shrink', '1'],
    ['pool_restart'],
    ['autoscale', '3', '1'],
    ['enable_events'],
    ['enable_events'],
    ['disable_events'],
    ['disable_events'],
    ['heartbeat'],
    ['rate_limit', 'no.such', '1/s'],
    ['time_limit', 'no.such', '1', '2'],
    ['revoke', 'no-such-id'],
    ['terminate', 'KILL', 'no-such-id'],
    ['revoke_by_stamped_headers', 'customer=nobody'],
  ],
  ours: [['pool_grow', '1'], ['pool_shrink', '1'], ['heartbeat'], ['time_limit', 'no.such', '1', '2']],
})

export function commandLinesCross(at: () => Border): void {
  const names = () => ['-d', `${at().theirName},${at().ourName}`, '-t', '30']
  const read = async (command: typeof ours, ...args: readonly string[]) => {
    const { code, stdout, stderr } = await command(at(), ...args, '-j', ...names())
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }

  describe('the command lines', () => {
    for (const [name, said] of Object.entries(OF_ITS_OWN)) {
      it(`show what our worker has of its own: ${name}`, async () => {
        const { [at().ourName]: ours, [at().theirName]: python } = await read(theirs, 'inspect', name)
        assert.match(JSON.stringify(ours), said)
        // Without psutil, a Python worker has nothing to say of memory.
        if (python !== null && name !== 'memdump') assert.match(JSON.stringify(python), said)
      })
    }

    for (const [whose, command] of Object.entries(BOTH)) {
      it(`show both workers, in the same state, alike: ${whose}`, async () => {
        const spinning = [await at().toTheirs('py.spin'), at().app.asyncResult(await at().toOurs('js.spin'))]
        const held = [await at().toTheirs('py.add', { args: [1, 'x'], countdown: 600 })]
        held.push(at().app.asyncResult(await at().toOurs('js.add', { args: [1, 'x'], countdown: 600 })))
        for (const result of spinning) await reached(result, 'STARTED')
        await at().running.logger.said(new RegExp(`${held[1]?.id}.*received`))
        for (const name of INSPECTED[whose as keyof typeof BOTH]) {
          const said = await read(command, 'inspect', name)
          assert.deepEqual(alike(said[at().ourName]), alike(said[at().theirName]), name)
        }
        const active = await read(command, 'inspect', 'active')
        assert.deepEqual(
          [at().theirName, at().ourName].map((name) => active[name].map((task: { id: string }) => task.id)),
          spinning.map(({ id }) => [id]),
        )
        const ids = [...spinning, ...held].map(({ id }) => id)
        const found = await read(command, 'inspect', 'query_task', ...ids)
        const stateOf = (name: string) => (Object.values(found[name])[0] as unknown[])[0]
        assert.deepEqual([stateOf(at().theirName), stateOf(at().ourName)], ['active', 'active'])
        const ended = await read(command, 'control', 'terminate', 'KILL', ...ids)
        assert.deepEqual(
          ended.map((reply: object) => Object.keys(Object.values(reply)[0])),
          [['ok'], ['ok']],
        )
        for (const result of spinning) await assert.rejects(result.get({ timeout: 30 }), TaskRevokedError)
        const revoked = await read(command, 'inspect', 'revoked')
        for (const id of ids)
          assert.ok(revoked[at().ourName].includes(id) && revoked[at().theirName].includes(id))
      })

      it(`list the bindings of a queue, for which AMQP has no word: ${whose}`, async () => {
        const { code, stdout } = await command(at(), 'list', 'bindings')
        if (at().ground.broker.startsWith('amqp')) return assert.notEqual(code, 0)
        const own = whose === 'ours' ? at().ground.ours : at().ground.theirs
        assert.match(stdout, new RegExp(`^${own} +${own} +${own}$`, 'm'))
      })

      it(`change both workers, which say the same: ${whose}`, async () => {
        for (const args of changes(at().ground.run)[whose as keyof typeof BOTH]) {
          const said = Object.assign({}, ...(await read(command, 'control', ...args)))
          assert.deepEqual(said[at().ourName], said[at().theirName], args[0])
        }
      })

      it(`change the limits of a task in each: ${whose}`, async () => {
        const said = async (...args: readonly string[]) =>
          Object.assign({}, ...(await read(command, 'control', ...args)))
        const good = { ok: 'new rate limit set successfully' }
        assert.deepEqual((await said('rate_limit', 'js.add', '100/s'))[at().ourName], good)
        assert.deepEqual((await said('rate_limit', 'py.add', '100/s'))[at().theirName], good)
        const registered = await read(command, 'inspect', 'registered')
        assert.ok(registered[at().ourName].includes('js.add [rate_limit=100/s]'))
        assert.ok(registered[at().theirName].includes('py.add [rate_limit=100/s]'))
        await said('rate_limit', 'js.add', '')
        await said('rate_limit', 'py.add', '')
      })

      it(`say who is there, and that nobody is: ${whose}`, async () => {
        const { code, stdout } = await command(at(), 'status', ...names())
        assert.equal(code, 0)
        for (const name of [at().theirName, at().ourName]) assert.match(stdout, new RegExp(`->  ${name}: OK`))
        assert.match(stdout, /\n2 nodes online\.\n$/)
        const nobody = await command(at(), 'inspect', 'ping', '-d', 'nobody@nowhere', '-t', '0.2')
        assert.equal(nobody.code, 69)
        assert.match(nobody.stderr, /Error: No nodes replied within time constraint/)
        const wrong = await command(at(), 'inspect', 'dance')
        assert.equal(wrong.code, 2)
        assert.match(wrong.stderr, /Command dance not recognized\. Available inspect commands: active, /)
      })

      it(`call tasks of both, and read their results: ${whose}`, async () => {
        for (const [task, queue] of [
          ['py.add', at().ground.theirs],
          ['js.add', at().ground.ours],
        ] as const) {
          const { stdout } = await command(at(), 'call', task, '-a', '[20, 22]', '--queue', queue)
          assert.equal((await command(at(), 'result', stdout.trim())).stdout, '42\n')
        }
      })

      it(`purge a queue: ${whose}`, async () => {
        const queue = `${at().ground.run}.purged`
        for (const _ of [1, 2]) await at().app.sendTask('no.such', { queue })
        const { stdout } = await command(at(), 'purge', '-f', '-Q', queue)
        assert.equal(stdout, 'Purged 2 messages from 1 known task queue.\n')
        assert.equal(
          (await command(at(), 'purge', '-f', '-Q', queue)).stdout,
          'No messages purged from 1 queue.\n',
        )
      })
    }
  })
}
