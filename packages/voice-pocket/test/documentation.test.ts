import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { MALFORMED_REASONS } from '../src/malformed-reasons.ts'
import { etlSchema, outputMessageSchema } from '../src/messages.ts'
import { ELEMENTS } from '../src/text/ssml/elements.ts'
import { readSsml } from '../src/text/ssml/read-ssml.ts'
import { voiceMessageSchema } from '../src/voices/voice-message.ts'
import { openHttpBench } from './http/http-bench.ts'

const documentOf = (name: string) => new URL(`../../../docs/${name}`, import.meta.url)

async function jsonExamples(name: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(documentOf(name), 'utf8')
  return Array.from(text.matchAll(/^```json\n(.*?)^```/gms), ([, json]) => JSON.parse(String(json)))
}

test('every example in docs/messages.md is a message of the contract', async () => {
  const examples = await jsonExamples('messages.md')
  assert.equal(examples.length, 5)
  for (const example of examples) {
    const input = example.type === 'VOICE' ? voiceMessageSchema : etlSchema(100_000)
    const schema = 'state' in example ? outputMessageSchema.strict() : input
    schema.parse(example)
  }
})

test('docs/ssml.md has every element with its attributes, and an example that is read', async () => {
  const text = await readFile(documentOf('ssml.md'), 'utf8')
  const [, example = ''] = /^```xml\n(.*?)^```/ms.exec(text) ?? []
  assert.match(readSsml(example).content.text, /한국어/)
  for (const [name, { attributes }] of Object.entries(ELEMENTS)) {
    assert.ok(example.includes(`<${name}`) || ['emphasis', 'lang'].includes(name), `<${name}> in the example`)
    const row = text.split('\n').find((line) => new RegExp(`^\\|[^|]*\`${name}\``).test(line))
    for (const attribute of attributes.filter((each) => each !== 'xsi:schemaLocation'))
      assert.ok(row?.includes(`\`${attribute}\``), `${attribute} of ${name}`)
  }
})

// To bring the document up to date after a change of MALFORMED_REASONS: UPDATE_DOCS=1 node --test <this file>
test('docs/messages.md lists every reason there is', async () => {
  const rows = Object.entries(MALFORMED_REASONS).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
  const table = ['| Reason | Meaning |', '|---|---|', ...rows].join('\n')
  const text = await readFile(documentOf('messages.md'), 'utf8')
  const wanted = text.replace(
    /<!-- reasons -->\n.*<!-- \/reasons -->/s,
    () => `<!-- reasons -->\n${table}\n<!-- /reasons -->`,
  )
  assert.ok(wanted.includes(table), 'the markers around the table are there')
  if (process.env.UPDATE_DOCS) await writeFile(documentOf('messages.md'), wanted)
  else assert.equal(text, wanted)
})

test('docs/http-api.md has every route, and the answers of each', async (t: TestContext) => {
  const { app } = await openHttpBench(t)
  const { paths } = (await (await app.request('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { responses: Record<string, object> }>>
  }
  const text = await readFile(documentOf('http-api.md'), 'utf8')
  const sections = new Map(text.split(/^## /m).map((section) => [section.split('\n', 1)[0], section]))
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      const route = `${method.toUpperCase()} ${path}`
      const section = sections.get(`\`${route}\``)
      assert.ok(section, `a section about ${route}`)
      for (const status of Object.keys(responses))
        assert.match(section, new RegExp(`\\b${status}\\b`), `${route}: ${status}`)
    }
  }
})
