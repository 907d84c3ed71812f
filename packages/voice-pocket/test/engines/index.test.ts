import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertInstalled, loadEngine } from '../../src/engines/index.ts'
import { EngineMissingError } from '../../src/exceptions.ts'

describe('loadEngine', () => {
  it('names the engines there are when it is asked for another', async () => {
    await assert.rejects(loadEngine('flite'), /EngineMissingError: .*"flite".*espeak/)
    await assert.rejects(loadEngine('toString'), EngineMissingError)
  })

  it('says how to install an engine whose package is missing', async () => {
    const packages = { loud: '@voice-pocket/not-installed' }
    await assert.rejects(loadEngine('loud', {}, packages), /"loud".*npm install @voice-pocket\/not-installed/)
  })

  it('says before anything is asked of it whether an engine is there', () => {
    const warnings: string[] = []
    const logger = { warn: (...args: unknown[]) => void warnings.push(String(args[0])) }
    const check = (...sources: string[]) =>
      assertInstalled(
        sources.map((source) => ({ source })),
        logger,
        { espeak: '@voice-pocket/espeak', loud: '@voice-pocket/not-installed' },
      )
    check('espeak', 'openai')
    assert.throws(() => check('flite'), /"flite".*espeak/)
    assert.throws(() => check('loud', 'flite'), /npm install @voice-pocket\/not-installed/)
    assert.deepEqual(warnings, [])
    check('loud', 'espeak', 'flite')
    assert.match(warnings.join('\n'), /not-installed.*\n.*flite/)
  })

  it('refuses a package that is no engine', async () => {
    await assert.rejects(
      loadEngine('path', {}, { path: 'node:path' }),
      /node:path is no engine.*createEngine/,
    )
  })

  it('passes the options on', async () => {
    await assert.rejects(loadEngine('espeak', { volume: 11 }), /no option "volume"/)
    const engine = await loadEngine('espeak', { accents: { en: 'en-gb' } })
    assert.equal(engine.name, 'espeak')
    await engine.close()
  })
})
