import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import { planEngines } from '../../src/engines/plan.ts'
import { ConfigError } from '../../src/exceptions.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const plan = (engines: string, settings: object | string = '') =>
  planEngines(
    loadConfig({
      CELERY_BROKER_URL: 'amqp://broker',
      CELERY_RESULT_BACKEND: 'redis://results',
      VOICE_POCKET_ENGINES: engines,
      VOICE_POCKET_ENGINE_SETTINGS: typeof settings === 'string' ? settings : JSON.stringify(settings),
    }),
  )

describe('planEngines', () => {
  it('keeps the order, and knows engines of our own, of packages and of paths', () => {
    assert.deepEqual(plan('espeak, mine=@acme/engine,other=./engine.js'), [
      { name: 'espeak', source: 'espeak', options: {} },
      { name: 'mine', source: '@acme/engine', options: {} },
      { name: 'other', source: './engine.js', options: {} },
    ])
  })

  it('gives each its options, and may have two of a kind', () => {
    const settings = { kokoro: { engine: 'openai', baseUrl: 'http://a' }, openai: { baseUrl: 'http://b' } }
    assert.deepEqual(plan('kokoro,openai', settings), [
      { name: 'kokoro', source: 'openai', options: { baseUrl: 'http://a' } },
      { name: 'openai', source: 'openai', options: { baseUrl: 'http://b' } },
    ])
  })

  it('reads the options from a file', async (t) => {
    const file = join(await temporaryFolder(t), 'engines.json')
    await writeFile(file, '{"espeak":{"accents":{"en":"en-gb"}}}')
    assert.deepEqual(plan('espeak', file)[0]?.options, { accents: { en: 'en-gb' } })
  })

  it("passes on the service's broker and models, which the options may change", () => {
    const settings = { far: { engine: 'celery', brokerUrl: 'redis://far' } }
    const [near, far, model] = plan('celery,far,sherpa', settings)
    assert.deepEqual(near?.options, { brokerUrl: 'amqp://broker', resultBackend: 'redis://results' })
    assert.deepEqual(far?.options, { brokerUrl: 'redis://far', resultBackend: 'redis://results' })
    assert.deepEqual(model?.options, { models: './data/models' })
  })

  it('says what is wrong, without the options, which may hold a key', () => {
    const wrong: readonly (readonly [string, object | string, RegExp])[] = [
      ['espeak,espeak', '', /names espeak twice/],
      [
        'espeak',
        { openai: { apiKey: 'sk-secret' } },
        /has options of "openai", which is not in VOICE_POCKET_ENGINES/,
      ],
      ['espeak', '{"espeak": sk-secret}', /is not JSON/],
      ['espeak', { espeak: 'sk-secret' }, /must be an object with an object of options/],
      ['espeak', './nowhere.json', /\.\/nowhere\.json, which cannot be read/],
    ]
    for (const [engines, settings, says] of wrong) {
      assert.throws(
        () => plan(engines, settings),
        (error) =>
          error instanceof ConfigError && says.test(error.message) && !error.message.includes('sk-secret'),
        String(says),
      )
    }
    assert.throws(() => plan('Espeak'), /VOICE_POCKET_ENGINES is "Espeak"/)
  })
})
