import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Control, Inspect } from '../../src/index.ts'

describe('two workers of one name', { timeout: 60_000 }, () => {
  it('are noticed by whoever asks', async () => {
    const pong = { ok: 'pong' }
    const replies = [{ 'one@test': pong }, { 'other@test': pong }, { 'one@test': pong }]
    const control = { request: async () => replies } as unknown as Control
    const warned = new Promise<Error>((resolve) => {
      const listen = (warning: Error) => {
        if (warning.name !== 'DuplicateNodenameWarning') return
        process.off('warning', listen)
        resolve(warning)
      }
      process.on('warning', listen)
    })
    await new Inspect(control).ping()
    assert.match((await warned).message, /multiple replies from node name: one@test\. Please make sure/)
  })
})
