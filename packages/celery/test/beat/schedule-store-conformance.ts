import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Leadership, ScheduleStore } from '../../src/beat/schedule-store.ts'
import { LeadershipLost } from '../../src/index.ts'
import { within } from '../within.ts'

export interface StoreGround {
  /** One more beat's store, of the same schedule. */
  open(): ScheduleStore
  /** Takes the leadership away from one that still believes to have it, as a cut or a long sleep does. */
  depose?(): Promise<void>
  forget(): Promise<void>
}

export interface StoreOptions {
  readonly skip: string | false
  /** Whether one can lose its leadership while it lives. */
  readonly canDepose: boolean
  prepare(): Promise<StoreGround>
}

/** What every driver below the scheduler has to do. */
export function scheduleStoreConformance(name: string, { skip, canDepose, prepare }: StoreOptions): void {
  describe(`a schedule in ${name}`, { skip }, () => {
    let ground: StoreGround
    const stores: ScheduleStore[] = []

    beforeEach(async () => {
      ground = await prepare()
    })
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close()
      await ground.forget()
    })

    function open(): ScheduleStore {
      const store = ground.open()
      stores.push(store)
      return store
    }

    const lead = (
      store: ScheduleStore,
      own = 'beat',
      onStandby = (_leader?: string) => {},
    ): Promise<Leadership> =>
      within(
        store.lead({ name: own, signal: new AbortController().signal, onStandby }),
        () => `${own} does not lead`,
      )

    it('begins empty, and keeps what is written over the end of its leader', async () => {
      const first = await lead(open())
      assert.deepEqual(await first.load(), new Map())
      await first.save(
        new Map([
          ['a', '1'],
          ['b', 'é'],
          ['', '{}'],
        ]),
      )
      await first.save(
        new Map([
          ['a', '2'],
          ['b', undefined],
        ]),
      )
      await first.release()
      const second = await lead(open())
      assert.deepEqual(
        await second.load(),
        new Map([
          ['a', '2'],
          ['', '{}'],
        ]),
      )
      await second.release()
      const third = await lead(open())
      assert.deepEqual((await third.load()).get('a'), '2', 'although the second wrote nothing')
    })

    it('has one leader; who stands by is told once, and leads when that one lets go', async () => {
      const first = await lead(open(), 'first')
      await first.load()
      await first.save(new Map([['a', '1']]))
      const told = Promise.withResolvers<void>()
      let times = 0
      const standby = lead(open(), 'second', (leader) => {
        times += 1
        assert.ok(leader === undefined || leader === 'first', leader)
        told.resolve()
      })
      await within(told.promise, () => 'it is not told')
      await first.release()
      const second = await standby
      assert.equal(times, 1)
      assert.deepEqual(await second.load(), new Map([['a', '1']]))
    })

    it('is no longer waited for by one that is told to stop', async () => {
      await lead(open())
      const stopping = new AbortController()
      const told = Promise.withResolvers<void>()
      const waiting = open().lead({
        name: 'second',
        signal: stopping.signal,
        onStandby: () => told.resolve(),
      })
      await within(told.promise, () => 'it is not told')
      stopping.abort(new Error('stopped'))
      await assert.rejects(waiting, { message: 'stopped' })
    })

    if (!canDepose) return

    it('takes nothing from one that leads no longer', async () => {
      const first = await lead(open(), 'first')
      await first.load()
      await first.save(new Map([['a', '1']]))
      await ground.depose?.()
      const second = await lead(open(), 'second')
      assert.deepEqual(await second.load(), new Map([['a', '1']]))
      await second.save(new Map([['a', '2']]))
      await assert.rejects(first.save(new Map([['a', 'stale']])), LeadershipLost)
      assert.equal(first.lost.aborted, true)
      await first.release() // and not the leadership of the other one
      assert.deepEqual((await second.load()).get('a'), '2')
      await second.save(new Map([['a', '3']]))
    })
  })
}
