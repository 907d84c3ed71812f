import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import { celeryEngineOptions } from '../../src/engines/celery/options.ts'
import { openAiOptions } from '../../src/engines/openai/options.ts'
import { planEngines } from '../../src/engines/plan.ts'
import { FAMILIES, type Family } from '../../src/models/families.ts'
import { manifestSchema } from '../../src/models/manifest.ts'

const ROOT = new URL('../../../../', import.meta.url)
const read = (path: string) => readFile(new URL(path, ROOT), 'utf8')

describe('docs/engines.md', () => {
  it('has settings that can be used as they are', async () => {
    const [settings = '', manifest = ''] = Array.from(
      (await read('docs/engines.md')).matchAll(/^```json\n(.*?)^```/gms),
      ([, json]) => String(json),
    )
    const plans = planEngines(
      loadConfig({ VOICE_POCKET_ENGINES: 'kokoro,openai', VOICE_POCKET_ENGINE_SETTINGS: settings.trim() }),
    )
    assert.deepEqual(openAiOptions(plans[0]?.options).voices, ['af_bella', 'am_adam'])
    manifestSchema.parse(JSON.parse(manifest))
  })

  it('has the files of every family', async () => {
    const text = await read('docs/engines.md')
    for (const [name, { files, optional = [] }] of Object.entries<Family>(FAMILIES)) {
      const [, needed, more] =
        text.match(new RegExp(`^\\| \`${name}\`[^|]*\\|([^|]*)\\|([^|]*)\\|$`, 'm')) ?? []
      const names = (cell = '') => Array.from(cell.matchAll(/`(\w+)`/g), ([, each]) => String(each))
      assert.deepEqual(names(needed), files, name)
      assert.deepEqual(names(more), optional, name)
    }
  })
})

describe('examples/python-engine', () => {
  it('has settings that the engine takes', async () => {
    const { python } = JSON.parse(await read('examples/python-engine/engines.json'))
    const { engine, ...options } = python
    assert.equal(engine, 'celery')
    celeryEngineOptions({ ...options, brokerUrl: 'amqp://broker', resultBackend: 'redis://results' })
  })
})
