import assert from 'node:assert/strict'
import { resolve, sep } from 'node:path'
import { describe, it } from 'node:test'
import { speechKey, voiceKey } from '../../src/storage/key.ts'
import { seededRandom } from '../seeded-random.ts'

const PIECES = [
  ...[
    '.',
    '..',
    '../',
    '/',
    '\\',
    '..\\',
    '\0',
    ':',
    '*',
    '?',
    '"',
    '<',
    '>',
    '|',
    ' ',
    '~',
    '%',
    '%2e',
    '%00',
    '%u',
    '$',
  ],
  ...[
    'con',
    'CON',
    'nul',
    'aux.',
    'com1',
    'LPT9',
    'prn.wav',
    'COM¹',
    'a',
    'A',
    'b',
    'kim',
    '@',
    'example.com',
    '+',
    '-',
    '_',
  ],
  ...[
    'é',
    'e\u0301',
    '한',
    '한'.normalize('NFD'),
    'ﬁ',
    'fi',
    'K',
    'ı',
    'İ',
    'ß',
    'ẞ',
    'ſ',
    '／',
    '․',
    '‥',
    '\u202e',
    '\u200b',
  ],
  ...[
    '😀',
    '\ud83d',
    '\ude00',
    '\ud800',
    '\udfff',
    '\ufffd',
    '\ufeff',
    '\n',
    '\t',
    '\u007f',
    'x'.repeat(190),
    '가'.repeat(70),
  ],
]

function hostileTexts(count: number): string[] {
  const random = seededRandom(20_261_122)
  const texts = new Set(['', ...PIECES])
  while (texts.size < count) {
    const length = 1 + Math.floor(random() * 6)
    texts.add(Array.from({ length }, () => PIECES[Math.floor(random() * PIECES.length)]).join(''))
  }
  return [...texts]
}

describe('speechKey', () => {
  it('leaves ordinary addresses and uuids as they are', () => {
    assert.equal(
      speechKey('kim.min-ji+news_1@example.com', '0b1c2d3e-0000-4000-8000-123456789abc'),
      'kim.min-ji+news_1@example.com/0b1c2d3e-0000-4000-8000-123456789abc.wav',
    )
    assert.equal(voiceKey('kim@example.com'), 'kim@example.com/voice.json')
  })

  it('is the same for ever', () => {
    const examples: Record<string, string> = {
      'Kim@Example.com': '%4bim@%45xample.com',
      '../etc/passwd': '%2e.%2fetc%2fpasswd',
      '.': '%2e',
      '..': '%2e%2e',
      'a.': 'a%2e',
      '%41': '%2541',
      con: '%63on',
      'con.kim': '%63on.kim',
      console: 'console',
      김: '%ea%b9%80',
      '\ud800': '%ud800',
      '': '~',
      ['a'.repeat(200)]: 'a'.repeat(200),
      ['a'.repeat(201)]:
        `${'a'.repeat(100)}~867051d41c67f8090003c53d2aa22857d444f2fcdbda3241ca13bcf8db085ba4`,
    }
    for (const [email, folder] of Object.entries(examples)) {
      assert.equal(speechKey(email, '1'), `${folder}/1.wav`, JSON.stringify(email))
    }
  })

  it('never leads out of its root, whatever the texts are', () => {
    const root = resolve('/srv/speech')
    const texts = hostileTexts(3000)
    for (const [index, text] of texts.entries()) {
      const key = speechKey(text, String(texts[texts.length - 1 - index]))
      const [folder, file, ...more] = key.split('/')
      assert.equal(more.length, 0, key)
      assert.equal(resolve(root, key), [root, folder, file].join(sep), key)
    }
  })

  it('makes names every file system can keep apart and hold', () => {
    const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
    for (const text of hostileTexts(3000)) {
      for (const name of speechKey(text, text).split('/')) {
        assert.match(name, /^[a-z0-9@_+%~-][a-z0-9@._+%~-]*$/)
        assert.doesNotMatch(name, /\.$/)
        assert.doesNotMatch(name, reserved)
        assert.ok(name.length <= 204, `${name.length} bytes`)
      }
    }
  })

  it('gives two different texts two different names', () => {
    const texts = hostileTexts(3000)
    const names = new Set(texts.map((text) => voiceKey(text)))
    assert.equal(names.size, texts.length)
  })

  it('can be read back, so that no two texts can ever share a name', () => {
    for (const text of hostileTexts(3000)) {
      const [folder = ''] = voiceKey(text).split('/')
      if (folder === '~') assert.equal(text, '')
      else if (folder.includes('~')) assert.ok(text.length > 60)
      else assert.equal(decode(folder), text)
    }
  })

  it('keeps long texts apart that begin alike', () => {
    const long = 'a'.repeat(500)
    assert.notEqual(voiceKey(`${long}b`), voiceKey(`${long}c`))
    assert.notEqual(voiceKey('\ud800'.repeat(100)), voiceKey('\ud801'.repeat(100)))
  })
})

function decode(name: string): string {
  return name.replace(/%u([0-9a-f]{4})|((?:%[0-9a-f]{2})+)/g, (_, unit?: string, bytes?: string) =>
    unit === undefined
      ? Buffer.from(String(bytes).replaceAll('%', ''), 'hex').toString()
      : String.fromCharCode(Number.parseInt(unit, 16)),
  )
}
