/** For the tests of programs that use Celery: an app without servers, a worker inside the test, time under control. */
import { randomUUID } from 'node:crypto'
import { Celery } from '../app/celery.ts'
import type { LooseSettings } from '../app/settings.ts'

export { TestClock } from './test-clock.ts'
export { type Ended, TestWorker } from './test-worker.ts'

/** An app with a broker and a result backend of its own in this process's memory. */
export function testApp(settings: LooseSettings = {}): Celery {
  const name = randomUUID()
  return new Celery('test', {
    brokerUrl: `memory://${name}`,
    resultBackend: `cache+memory://${name}`,
    ...settings,
  })
}

/** Lets an app that exists already, with its tasks, do without servers. Before it sends or works. */
export function withoutServers(app: Celery): Celery {
  const name = randomUUID()
  return app.configFromObject({ brokerUrl: `memory://${name}`, resultBackend: `cache+memory://${name}` })
}
