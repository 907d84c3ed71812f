import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CameraOptions, Polaroid } from '../../src/events/snapshot.ts'
import { State } from '../../src/events/state.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { within } from '../within.ts'
import { EventFactory } from './event-factory.ts'

class Camera extends Polaroid {
  override readonly clearAfter = true
  readonly pictures: string[][] = []
  cleanups = 0
  #taken = Promise.withResolvers<void>()
  fails = false

  get taken(): Promise<void> {
    return within(this.#taken.promise, () => 'no snapshot was taken')
  }

  override async onShutter(state: State): Promise<void> {
    this.pictures.push([...state.tasks.keys()])
    this.#taken.resolve()
    this.#taken = Promise.withResolvers<void>()
    if (this.fails) throw new Error('the film is full')
  }

  override onCleanup(): void {
    this.cleanups += 1
  }
}

function camera(options: Partial<CameraOptions> = {}) {
  const [clock, logger, state] = [new TestClock(), new RecordingLogger(), new State()]
  return { clock, logger, state, camera: new Camera(state, { clock, logger, ...options }) }
}

describe('a camera', () => {
  it('takes a snapshot each time, and clears what it has seen of what has ended', async () => {
    const { state, clock, camera: cam } = camera({ freq: 100 })
    cam.start()
    for (const uuid of ['a', 'b']) {
      state.event(new EventFactory().make('task-succeeded', { uuid }))
      const { taken } = cam
      clock.advance(100)
      await taken
      await cam.capture()
    }
    await cam.stop()
    assert.deepEqual(cam.pictures, [['a'], [], ['b'], [], []])
  })

  it('cleans up from time to time', async () => {
    const { clock, camera: cam } = camera({ freq: 7200 })
    cam.start()
    const { taken } = cam
    clock.advance(7200)
    await taken
    await cam.stop()
    assert.equal(cam.cleanups, 1)
  })

  it('takes a last snapshot when it is stopped, once', async () => {
    const { camera: cam } = camera({ freq: 3600 })
    await cam.stop()
    cam.start()
    await cam.stop()
    await cam.stop()
    assert.equal(cam.pictures.length, 1)
  })

  it('goes on after one that failed', async () => {
    const { logger, camera: cam } = camera()
    cam.fails = true
    await cam.capture()
    await cam.capture()
    assert.equal(cam.pictures.length, 2)
    assert.match(logger.text('error'), /film is full/)
  })
})
