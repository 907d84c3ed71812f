import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { Queue } from '@voice-pocket/kombu'
import { type AnySignature, chain, chord, GroupResult, group, stamp } from '../../src/index.ts'
import { canvasApp, type Seen } from '../canvas/canvas-tasks.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'

const amqp = serviceFrom('AMQP_URL')
const redis = serviceFrom('REDIS_URL')
const python = serviceFrom('PYTHON_VENV')
const run = randomUUID()
const [ours, theirs] = [`canvas.${run}.ours`, `canvas.${run}.theirs`]
const prefix = `test-${run}:`
const timeout = 20

/** A canvas that both sides build: `canvas_peer.py` says how. */
type Spec = readonly unknown[]

interface Answer {
  readonly ids: readonly string[]
  readonly value?: unknown
  readonly error?: string
  readonly message?: string
}

const add = (...args: unknown[]) => ['canvas.add', ...args]
const echo = (...args: unknown[]) => ['canvas.echo', ...args]
const total = ['canvas.total']
const see = (...args: unknown[]) => ['canvas.see', ...args]
const boom = ['canvas.boom']
const twice = ['group', echo(), echo()]

/** Four deep: each level a chord of two of the level below. */
const deep = [0, 1, 2, 3].reduce<Spec>((spec) => ['chord', [spec, spec], total], echo(1))

const VALUES: readonly [what: string, spec: Spec, value: unknown][] = [
  ['a task', add(1, 2), 3],
  ['a chain', ['chain', add(1, 2), add(3), add(4)], 10],
  ['a chain of one', ['chain', add(1, 2)], 3],
  ['a chain of twenty', ['chain', add(0, 1), ...Array.from({ length: 19 }, () => add(1))], 20],
  ['a group', ['group', add(1, 1), add(2, 2), echo('three')], [2, 4, 'three']],
  ['an empty group', ['group'], []],
  ['a chord', ['chord', [echo('a'), echo('b'), echo('c')], ['canvas.list', 1]], [['a', 'b', 'c'], 1]],
  ['a chord of one', ['chord', [add(1, 2)], total], 3],
  ['a chord of thirty', ['chord', Array.from({ length: 30 }, (_, n) => add(n, 0)), total], 435],
  ['a chord without a header', ['chord', [], echo()], []],
  ['a group in a chain', ['chain', add(1, 1), ['group', add(1), add(2)], total, add(100)], 107],
  ['a group of one in a chain', ['chain', add(1, 1), ['group', add(1)], echo()], 3],
  ['a group at the end of a chain', ['chain', add(1, 1), ['group', add(1), add(2)]], [3, 4]],
  ['a group after a group', ['chain', ['group', echo(1), echo(2)], ['group', total, echo()]], [3, [1, 2]]],
  ['a chord of chains', ['chord', [['chain', add(1, 1), add(1)], ['chain', add(2, 2), add(1)]], total], 8],
  ['a chord with a chain for its body', ['chord', [add(1, 1), add(2, 2)], ['chain', total, add(1)]], 7],
  ['a chord with a group for its body', ['chord', [echo(1), echo(2)], ['group', total, echo()]], [3, [1, 2]]],
  ['a chord with a chord for its body', ['chord', [echo(1)], ['chord', [total, total], echo()]], [1, 1]],
  ['chords in a row', ['chain', echo(1), twice, total, twice, total, twice, total], 8],
  ['chords nested four deep', deep, 16],
  ['map', ['map', 'canvas.echo', [1, 2, 3]], [1, 2, 3]],
  ['starmap', ['starmap', 'canvas.add', [[1, 2], [3, 4]]], [3, 7]],
  ['a task replaced by a task', ['canvas.become', 1, 'task'], 2],
  ['a task replaced by a chain, in a chain', ['chain', ['canvas.become', 1, 'chain'], add(100)], 112],
  ['a task replaced by a group, in a chain', ['chain', ['canvas.become', 1, 'group'], total], 5],
  ['a task replaced by a chord, in a chord', ['chord', [['canvas.become', 1, 'chord'], echo(1)], total], 6],
] // biome-ignore format: one table

const FAILURES: readonly [what: string, spec: Spec, message: RegExp][] = [
  ['a task', boom, /^boom$/],
  ['the first of a chain', ['chain', boom, echo(), echo()], /^boom$/],
  ['the middle of a chain', ['chain', echo(1), boom, echo()], /^boom$/],
  ['the end of a chain', ['chain', echo(1), echo(), boom], /^boom$/],
  ['a task of a group', ['group', echo(1), boom], /^boom$/],
  ['a task of a header', ['chord', [echo(1), boom], echo()], /boom/],
  ['a chain in a header', ['chord', [['chain', boom, echo()], echo(1)], echo()], /boom/],
  ['the body of a chord', ['chord', [echo(1), echo(2)], boom], /^boom$/],
  ['what comes after a chord', ['chain', ['group', echo(1), echo(2)], total, boom], /^boom$/],
  ['what comes before a chord', ['chain', boom, ['group', echo(), echo()], echo()], /boom/],
  ['a chord in a chord', ['chord', [['chord', [boom, echo(1)], echo()], echo(2)], echo()], /boom/],
]

/** A Python process; `ask` is for the client. */
class Python {
  readonly process: ChildProcessWithoutNullStreams
  readonly #answers: AsyncIterator<string>

  constructor(args: readonly string[]) {
    const variables = {
      AMQP_URL: amqp.value,
      REDIS_URL: redis.value,
      QUEUE: theirs,
      OURS: ours,
      PREFIX: prefix,
    }
    const env = { ...process.env, ...variables, PYTHONDONTWRITEBYTECODE: '1' }
    this.process = spawn(python.value, args, { cwd: import.meta.dirname, env })
    this.#answers = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
  }

  async ask(spec: Spec, queues: readonly string[]): Promise<Answer> {
    this.process.stdin.write(`${JSON.stringify([spec, queues])}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error('Python ended instead of an answer; its words are above.')
    return JSON.parse(value)
  }

  async said(pattern: RegExp): Promise<void> {
    let text = ''
    for await (const line of createInterface({ input: this.process.stderr })) {
      text += `${line}\n`
      if (!pattern.test(line)) continue
      this.process.stderr.resume()
      return
    }
    throw new Error(`Python ended without ${pattern}:\n${text}`)
  }

  async end(): Promise<void> {
    this.process.stdin.end()
    this.process.kill('SIGTERM')
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit')
  }
}

const skip = amqp.skip || redis.skip || python.skip

describe('canvas shared with Python Celery', { skip, timeout: 300_000 }, () => {
  const t = canvasApp({
    brokerUrl: amqp.value,
    resultBackend: redis.value,
    resultBackendTransportOptions: { globalKeyprefix: prefix },
    resultExpires: 60,
    taskDefaultQueue: ours,
    workerDeadLetterQueue: `${ours}.dead`,
  })
  t.app.task('canvas.stamps', ({ request }, ...before: unknown[]) => [...before, request.stamps], {
    bind: true,
  })
  let client: Python
  let theirWorker: Python
  let ourWorker: RunningWorker

  before(async () => {
    const options = ['-P', 'solo', '-l', 'info', '-Q', theirs, '-n', `theirs@${run}`]
    const quiet = ['--without-gossip', '--without-mingle']
    client = new Python(['canvas_peer.py'])
    client.process.stderr.pipe(process.stderr)
    theirWorker = new Python(['-m', 'celery', '-A', 'canvas_peer', 'worker', ...options, ...quiet])
    ourWorker = await RunningWorker.start(t.app, { hostname: `ours@${run}`, concurrency: 4 })
    await theirWorker.said(/ ready\./)
  })
  after(async () => {
    await Promise.all([client.end(), theirWorker.end()])
    await ourWorker[Symbol.asyncDispose]()
    const channel = await t.app.connection.channel()
    for (const queue of [ours, theirs, `${ours}.dead`]) await new Queue(queue).delete(channel)
    await t.app.close()
  })

  /** The same as `build` in canvas_peer.py. */
  function build(spec: Spec, next: () => string): AnySignature {
    const [kind, ...parts] = spec as [string, ...unknown[]]
    const each = (specs: unknown) => (specs as Spec[]).map((part) => build(part, next))
    const one = (part: unknown) => build(part as Spec, next)
    switch (kind) {
      case 'chain':
        return chain(each(parts))
      case 'group':
        return group(each(parts))
      case 'chord':
        return chord(each(parts[0]), one(parts[1]))
      case 'link': {
        const callback = one(parts[1]).set({ taskId: String(parts[2]) })
        const signature = one(parts[0])
        signature.link(callback)
        return signature
      }
      case 'onError': {
        const errback = one(parts[1])
        if (parts.length > 2) errback.set({ taskId: String(parts[2]) })
        return one(parts[0]).onError(errback)
      }
      case 'stamp':
        return stamp(one(parts[0]), parts[1] as Record<string, unknown>)
      case 'map':
        return t.app.tasks
          .get(String(parts[0]))
          .map(parts[1] as unknown[])
          .set({ queue: next() })
      case 'starmap':
        return t.app.tasks
          .get(String(parts[0]))
          .starmap(parts[1] as unknown[][])
          .set({ queue: next() })
      default:
        return t.app.signature(kind, { args: parts, queue: next() })
    }
  }

  async function runOurs(spec: Spec, queues: readonly string[]): Promise<Answer> {
    let turn = 0
    const next = () => queues[turn++ % queues.length] as string
    const result = await build(spec, next).applyAsync()
    const ids = result instanceof GroupResult ? result.results.map(({ id }) => id) : [result.id as string]
    try {
      return { ids, value: await result.get({ timeout }) }
    } catch (error) {
      const { name, message } = error as Error
      return { ids, error: name, message }
    }
  }

  const sides: readonly [
    string,
    (spec: Spec, queues: readonly string[]) => Promise<Answer>,
    readonly string[],
  ][] = [
    ['theirs on our worker', (spec, queues) => client.ask(spec, queues), [ours]],
    ['ours on their worker', runOurs, [theirs]],
    ['theirs on both workers', (spec, queues) => client.ask(spec, queues), [ours, theirs]],
    ['ours on both workers', runOurs, [theirs, ours]],
  ]

  for (const [side, ask, queues] of sides) {
    describe(side, () => {
      for (const [what, spec, value] of VALUES) {
        it(`gives the value of ${what}`, async () => {
          const { ids: _ids, ...answer } = await ask(spec, queues)
          assert.deepEqual(answer, { value })
        })
      }

      for (const [what, spec, message] of FAILURES) {
        it(`fails when it is ${what} that does`, async () => {
          const { ids, ...answer } = await ask(spec, queues)
          assert.match(String(answer.message), message, JSON.stringify(answer))
          if (queues.includes(theirs)) return // Python's worker does not tell everybody who waits
          const last = t.app.asyncResult(String(ids.at(-1)))
          const stored = await last.get({ timeout, propagate: false })
          assert.match(String((stored as Error).message), /boom/)
        })
      }

      it('keeps root, parent, group and place in the group', async () => {
        const spec = ['chain', see(1), ['group', see(2), see(3)], see(4)]
        const { value } = await ask(spec, queues)
        const body = value as Seen
        const header = body.args[0] as [Seen, Seen]
        const first = header[0].args[0] as Seen
        assert.deepEqual([first.root, first.parent, first.group], [first.id, null, null])
        for (const [index, part] of header.entries()) {
          assert.deepEqual([part.root, part.parent, part.index], [first.id, first.id, index])
          assert.deepEqual([part.group, part.args[1]], [body.group, index + 2])
        }
        assert.deepEqual([body.root, body.parent], [first.id, first.id])
      })

      it('calls back, and calls errbacks', async () => {
        const [linked, blamed, bodyBlamed] = [randomUUID(), randomUUID(), randomUUID()]
        await ask(['link', add(1, 1), ['chain', add(1), add(1)], linked], queues)
        assert.equal(await t.app.asyncResult(linked).get({ timeout }), 4)
        const failed = await ask(['onError', boom, echo(), blamed], queues)
        assert.equal(await t.app.asyncResult(blamed).get({ timeout }), failed.ids[0])
        const chordFailed = await ask(
          ['onError', ['chord', [boom, echo(1)], echo()], echo(), bodyBlamed],
          queues,
        )
        assert.equal(await t.app.asyncResult(bodyBlamed).get({ timeout }), chordFailed.ids[0])
      })

      it('calls an errback that takes (request, error, traceback) where the task failed', async () => {
        t.noted.splice(0)
        const { ids } = await ask(['onError', boom, ['canvas.blame']], queues.slice(0, 1))
        assert.deepEqual(await t.notes(1), [[ids[0], 'TypeError', 'boom', true]])
      })

      // Python stamps no body of a chord, unless a visitor tells it to.
      it('has its stamps in the request of each task, those of a group too', async () => {
        const stamps = ['canvas.stamps']
        const whole = ['chain', [...stamps, 'first'], ['group', stamps, stamps]]
        const { value } = await ask(['stamp', whole, { batch: 7, tenant: 'a' }], queues)
        const stamped = { batch: 7, tenant: 'a' }
        const one = [['first', stamped], stamped]
        assert.deepEqual(value, [one, one])
      })

      it('adds to a chord', async () => {
        const { value } = await ask(['chord', [['canvas.grow', 1], echo(2)], echo()], queues)
        assert.deepEqual([...(value as number[])].sort(), [1, 101, 2])
      })
    })
  }

  it('gives our get() the structure of a group that ends a chain of a header', async () => {
    const spec = ['chord', [['chain', add(1, 1), ['group', add(1), add(2)]], echo('last')], echo()]
    for (const ask of [runOurs, client.ask.bind(client)]) {
      assert.deepEqual((await ask(spec, [ours])).value, [[3, 4], 'last'])
    }
  })
})
