import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../src/config.ts'
import { examine } from '../src/doctor.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function embedded(t: TestContext) {
  const folder = await temporaryFolder(t)
  const env = {
    CELERY_BROKER_URL: `sqlite:///${folder}/broker.sqlite`,
    CELERY_RESULT_BACKEND: `sqlite:///${folder}/results.sqlite`,
    VOICE_POCKET_INDEX: `sqlite:///${folder}/index.sqlite`,
    VOICE_POCKET_STORAGE: `file:${folder}/speech`,
  }
  return { folder, env }
}

test('the embedded default is well, and nothing stays of the examination', async (t) => {
  const { folder, env } = await embedded(t)
  const results = await examine(loadConfig(env))
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  )
  assert.deepEqual(
    results.map(({ name }) => name),
    ['broker', 'results', 'index', 'storage', 'engine espeak'],
  )
  const left = await readdir(`${folder}/speech`, { recursive: true, withFileTypes: true })
  assert.deepEqual(
    left.filter((entry) => entry.isFile()),
    [],
  )
})

test('each part that is broken is named, with the reason and what to do; the others are still examined', async (t) => {
  const { folder, env } = await embedded(t)
  await writeFile(`${folder}/not-a-folder`, '')
  const broken = {
    ...env,
    CELERY_BROKER_URL: 'amqp://guest:secret@127.0.0.1:1//',
    VOICE_POCKET_INDEX: `sqlite:///${folder}/not-a-folder/index.sqlite`,
    VOICE_POCKET_STORAGE: `file:${folder}/not-a-folder/speech`,
    VOICE_POCKET_ENGINES: 'nightingale',
  }
  const results = await examine(loadConfig(broken))
  const byName = Object.fromEntries(results.map((result) => [result.name, result]))
  assert.equal(byName.results?.ok, true)
  for (const [name, detail, remedy] of [
    ['broker', /127\.0\.0\.1:1/, /CELERY_BROKER_URL/],
    ['index', /not-a-folder/, /VOICE_POCKET_INDEX/],
    ['storage', /not-a-folder/, /VOICE_POCKET_STORAGE/],
    ['engine nightingale', /nightingale/, /VOICE_POCKET_ENGINES/],
  ] as const) {
    assert.equal(byName[name]?.ok, false, name)
    assert.match(String(byName[name]?.detail), detail)
    assert.match(String(byName[name]?.remedy), remedy)
    assert.doesNotMatch(JSON.stringify(byName[name]), /secret/)
  }
})
