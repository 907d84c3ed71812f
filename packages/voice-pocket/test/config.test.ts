import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { loadConfig, SETTINGS, settingsHelp, settingsTable, toEnv } from '../src/config.ts'
import { ConfigError } from '../src/exceptions.ts'

const DOC = new URL('../../../docs/configuration.md', import.meta.url)

test('an empty environment gives the embedded default, all of it in ./data', () => {
  const config = loadConfig({})
  assert.equal(config.brokerUrl, 'sqlite:///data/broker.sqlite')
  assert.equal(config.resultBackend, 'sqlite:///data/results.sqlite')
  assert.equal(config.index, 'sqlite:///data/index.sqlite')
  assert.equal(config.storage, 'file:./data/speech')
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.maxTextLength, 100_000)
  assert.ok(config.concurrency >= 5)
  assert.ok(Object.isFrozen(config))
})

test('the index follows the results to Redis unless told', () => {
  const backend = { CELERY_RESULT_BACKEND: 'redis://cache:6379/1' }
  assert.equal(loadConfig(backend).index, 'redis://cache:6379/1')
  const own = { ...backend, VOICE_POCKET_INDEX: 'redis://other:6379/0' }
  assert.equal(loadConfig(own).index, 'redis://other:6379/0')
})

test('an empty variable counts as unset', () => {
  assert.deepEqual(loadConfig({ PORT: '', HOST: ' ' }), loadConfig({}))
})

test('only the broker can be several: a folder may have a ; in its name', () => {
  const storage = 'file:/srv/speech; and music'
  assert.equal(loadConfig({ VOICE_POCKET_STORAGE: storage }).storage, storage)
  assert.equal(loadConfig({ CELERY_BROKER_URL: 'amqp://one;amqp://two' }).brokerUrl, 'amqp://one;amqp://two')
})

test('toEnv gives a child process exactly the same configuration', () => {
  const config = loadConfig({
    CELERY_BROKER_URL: 'amqp://one;amqp://two',
    CELERY_RESULT_BACKEND: 'redis://cache',
    PORT: '0',
    VOICE_POCKET_PUBLIC_URL: 'https://speech.example/v',
    VOICE_POCKET_LOG_LEVEL: 'WARN',
  })
  assert.deepEqual(loadConfig(toEnv(config)), config)
  assert.deepEqual(loadConfig(toEnv(loadConfig({}))), loadConfig({}))
})

const BROKEN: readonly (readonly [variable: string, value: string, says: RegExp])[] = [
  ['PORT', '80a', /PORT is "80a", but must be a whole number from 0 to 65535\. .*default: 8080/],
  ['PORT', '65536', /PORT is "65536"/],
  ['PORT', '-1', /PORT is "-1"/],
  ['HOST', 'two words', /HOST is "two words"/],
  [
    'CELERY_BROKER_URL',
    'kafka://k',
    /begins with sqlite: or amqp: or amqps: or redis: or rediss: or memory:/,
  ],
  ['CELERY_BROKER_URL', 'amqp://one;two', /CELERY_BROKER_URL/],
  ['VOICE_POCKET_STORAGE', './data', /begins with file:/],
  ['VOICE_POCKET_PUBLIC_URL', 'https://speech.example/', /does not end with a slash/],
  ['VOICE_POCKET_LANGUAGE', 'korean language', /a language tag such as ko/],
  ['VOICE_POCKET_LOG_LEVEL', 'loud', /must be one of trace, debug/],
  ['VOICE_POCKET_CONCURRENCY', '0', /from 1 to 1024/],
  ['VOICE_POCKET_INPUT_QUEUE', 'a queue', /without blanks/],
  ['VOICE_POCKET_OUTPUT_KEY', 'k'.repeat(256), /1 to 255 characters/],
  ['VOICE_POCKET_MAX_TEXT_LENGTHS', '5', /Did you mean VOICE_POCKET_MAX_TEXT_LENGTH\?/],
  ['VOICE_POCKET_STORE', 'file:x', /Did you mean VOICE_POCKET_STORAGE\?/],
]
for (const [variable, value, says] of BROKEN) {
  test(`${variable}=${value.slice(0, 20)} is refused by name, value, rule and remedy`, () => {
    assert.throws(
      () => loadConfig({ [variable]: value }),
      (error) => error instanceof ConfigError && says.test(error.message),
    )
  })
}

test('every broken setting is named at once', () => {
  assert.throws(
    () => loadConfig({ PORT: 'x', VOICE_POCKET_CONCURRENCY: 'many' }),
    /PORT.*\nVOICE_POCKET_CONCURRENCY/,
  )
})

test('an error does not repeat a password', () => {
  assert.throws(
    () => loadConfig({ CELERY_BROKER_URL: 'kafka://user:secret@host' }),
    (error) =>
      error instanceof ConfigError &&
      !error.message.includes('secret') &&
      error.message.includes('user:**@host'),
  )
})

test('--help names every variable', () => {
  const help = settingsHelp()
  for (const { env } of Object.values(SETTINGS)) assert.ok(help.includes(env), env)
})

// To bring the document up to date after a change of SETTINGS: UPDATE_DOCS=1 node --test <this file>
test('docs/configuration.md has the table of SETTINGS as it is', async () => {
  const text = await readFile(DOC, 'utf8')
  const [before, after] = [text.indexOf('<!-- settings -->'), text.indexOf('<!-- /settings -->')]
  assert.ok(before > 0 && after > before, 'the markers around the table are there')
  const wanted = `${text.slice(0, before)}<!-- settings -->\n${settingsTable()}\n${text.slice(after)}`
  if (process.env.UPDATE_DOCS) return writeFile(DOC, wanted)
  assert.equal(text, wanted)
})
