import { join } from 'node:path'
import type { Celery } from '../../../src/index.ts'
import { RunningWorker } from '../../running-worker.ts'
import { type BrokerName, Ground } from '../border.ts'
import { createApp } from '../interop-app.ts'
import { PythonWorker } from '../python-processes.ts'
import { type Answer, Flower } from './flower.ts'

/** A worker of Python Celery and one of ours, and Flower, which watches both. */
export class Watched {
  readonly ground: Ground
  readonly app: Celery
  readonly running: RunningWorker
  readonly flower: Flower
  readonly ours: Member
  readonly theirs: Member
  readonly #opened: AsyncDisposableStack

  static async open(broker: BrokerName): Promise<Watched> {
    const ground = new Ground(
      broker,
      { workerPoolRestarts: true },
      { worker_pool_restarts: true, worker_send_task_events: true },
    )
    const [ours, theirs] = membersOn(ground)
    const pool = { pool: 'prefork', concurrency: 2 } as const
    await using opened = new AsyncDisposableStack()
    opened.defer(() => ground.forget())
    const app = opened.adopt(createApp(ground.settings), (own) => own.close())
    const flower = opened.adopt(new Flower(ground.python), (own) => own.end())
    const pythonWorker = opened.adopt(
      new PythonWorker(ground.python, ground.theirs, theirs.name, pool),
      (own) => own.end(),
    )
    const { settings } = ground
    const appModule = join(import.meta.dirname, '../interop-app.ts')
    const options = { ...pool, hostname: ours.name, appModule, settings, taskEvents: true }
    const running = opened.use(await RunningWorker.start(app, options))
    await pythonWorker.ready()
    await flower.knows(ours.name, theirs.name)
    return new Watched({ ground, app, running, flower, ours, theirs }, opened.move())
  }

  private constructor(
    parts: Pick<Watched, 'ground' | 'app' | 'running' | 'flower' | 'ours' | 'theirs'>,
    opened: AsyncDisposableStack,
  ) {
    this.ground = parts.ground
    this.app = parts.app
    this.running = parts.running
    this.flower = parts.flower
    this.ours = parts.ours
    this.theirs = parts.theirs
    this.#opened = opened
  }

  /** Sends a task through Flower, and gives its id. */
  async send({ queue }: Member, task: string, options: object = {}): Promise<string> {
    const { body } = await this.flower.post(`/api/task/async-apply/${task}`, { queue, ...options })
    return (body as { 'task-id': string })['task-id']
  }

  /** What Flower says of our worker, and of Python's in the same words. */
  async both(
    ask: (member: Member) => Promise<Answer>,
  ): Promise<{ readonly ours: Answer; readonly theirs: Answer }> {
    const [ours, theirs] = [await ask(this.ours), await ask(this.theirs)]
    const text = JSON.stringify(theirs)
      .replaceAll(this.theirs.name, this.ours.name)
      .replaceAll(this.theirs.queue, this.ours.queue)
      .replaceAll('"py.', '"js.')
    return { ours, theirs: JSON.parse(text) }
  }

  async close(): Promise<void> {
    await this.#opened.disposeAsync()
  }
}

function membersOn({ run, ours, theirs }: Ground): readonly [Member, Member] {
  return [
    { name: `ours@${run}`, queue: ours, add: 'js.add', fail: 'js.fail', spin: 'js.spin' },
    { name: `theirs@${run}`, queue: theirs, add: 'py.add', fail: 'py.fail', spin: 'py.spin' },
  ]
}

/** One of the two workers, and what it has of the same kind as the other. */
export interface Member {
  readonly name: string
  readonly queue: string
  readonly add: string
  readonly fail: string
  readonly spin: string
}
