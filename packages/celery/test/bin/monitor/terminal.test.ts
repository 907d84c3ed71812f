import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createApp } from '../../process-app.ts'
import { RunningWorker } from '../../running-worker.ts'
import { serviceFrom } from '../../service.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { CeleryProcess } from '../celery-process.ts'
import { ScreenProcess } from './screen-process.ts'

const python = serviceFrom('PYTHON_VENV')
const LEAVE = '\u001b[?25h\u001b[?1049l'

async function onFiles(t: TestContext) {
  const folder = await temporaryFolder(t)
  const brokerUrl = `sqlite:///${join(folder, 'broker.sqlite')}`
  const { app, tasks } = createApp({
    brokerUrl,
    resultBackend: `sqlite:///${join(folder, 'results.sqlite')}`,
  })
  t.after(() => app.close())
  return {
    app,
    tasks,
    brokerUrl,
    monitor: () => new ScreenProcess(python.value, ['-b', brokerUrl, 'events']),
  }
}

describe('celery events in a terminal', { skip: python.skip, timeout: 120_000 }, () => {
  it('shows a worker and its tasks as they come, and does what keys say', async (t) => {
    const { app, tasks, monitor } = await onFiles(t)
    await using screen = monitor()
    await screen.shows(/No workers discovered/)
    const options = { pool: 'async', hostname: 'w1@here', taskEvents: true } as const
    await using _running = await RunningWorker.start(app, options)
    await screen.shows(/Workers online: w1@here/)
    const result = await tasks.fail.delay('한국어')
    await screen.shows(new RegExp(`${result.id} w1@here +tasks\\.fail .*FAILURE`))
    screen.press('j')
    await screen.shows(/> \S+ w1@here .*[\s\S]*Selected: args=/)
    screen.press('r')
    await screen.shows(/Task Result for .*\s+RangeError\('한국어'\)/)
    screen.press('x\u001b[A') // any key, and then the one with an arrow up
    await screen.shows(/Selected: args=/)
    screen.press('l7/s\r')
    await screen.shows(/w1@here: new rate limit set successfully/)
    screen.press('x')
    screen.resize(16, 70)
    await screen.shows(/^┌─{68}┐\r+\n/)
    screen.press('q')
    assert.deepEqual(await screen.ended(), { code: 0, restored: true })
    assert.ok(screen.written.endsWith(LEAVE))
  })

  for (const [what, end] of Object.entries({
    '^C': (screen: ScreenProcess) => screen.press('\u0003'),
    SIGTERM: (screen: ScreenProcess) => screen.signal(constants.signals.SIGTERM),
    SIGHUP: (screen: ScreenProcess) => screen.signal(constants.signals.SIGHUP),
  })) {
    it(`gives the terminal back as it was: ${what}`, async (t) => {
      await using screen = (await onFiles(t)).monitor()
      await screen.shows(/No workers discovered/)
      end(screen)
      assert.deepEqual(await screen.ended(), { code: 0, restored: true })
      assert.ok(screen.written.endsWith(LEAVE))
    })
  }

  it('says that it has lost the broker, and goes on', async () => {
    await using screen = new ScreenProcess(python.value, ['-b', 'redis://127.0.0.1:1', 'events'])
    await screen.shows(/Info: .* cannot connect to redis:/)
    screen.press('q')
    assert.deepEqual(await screen.ended(), { code: 0, restored: true })
  })

  it('gives the terminal back before it says what went wrong', async (t) => {
    const [folder, { brokerUrl }] = [await temporaryFolder(t), await onFiles(t)]
    const path = join(folder, 'app.ts')
    await writeFile(path, failingApp(join(import.meta.dirname, '../../process-app.ts')))
    await using screen = new ScreenProcess(python.value, ['-A', path, '-b', brokerUrl, 'events'])
    await screen.shows(/No workers discovered/)
    screen.press('!')
    assert.deepEqual(await screen.ended(), { code: 1, restored: true })
    assert.match(screen.written.split(LEAVE).at(-1) ?? '', /RangeError: a mistake of the app/)
  })
})

/** An app that fails when a key is pressed. */
function failingApp(path: string): string {
  return `
    export { app } from '${path}'
    process.stdin.on('keypress', (text) => {
      if (text === '!') throw new RangeError('a mistake of the app')
    })`
}

describe('celery events elsewhere', () => {
  it('says that its screen needs a terminal, and what does not', async () => {
    await using command = new CeleryProcess(['events'])
    assert.equal(await command.ended(), 2)
    assert.match(command.stderr, /^Error: The screen of `celery events` needs a terminal.* Give --dump /)
  })
})
