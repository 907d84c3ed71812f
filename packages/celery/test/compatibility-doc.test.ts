import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { DEFAULTS } from '../src/app/defaults.ts'
import { toCamelCase } from '../src/app/setting.ts'
import { serviceFrom } from './service.ts'

const python = serviceFrom('PYTHON_VENV')
const packages = join(import.meta.dirname, '../..')
const inventory = join(import.meta.dirname, 'fixtures/python/inventory')
const document = join(packages, '../docs/celery-compatibility.md')

/** Which part of Celery's list a section of the document is about. */
const SECTIONS: Readonly<Record<string, string>> = {
  Settings: 'settings',
  'Options of `celery worker`': 'worker',
  Signals: 'signals',
  Beat: 'beat',
  'Task options and methods': 'task',
  'Options of a call': 'calling',
  'Options of a retry': 'retrying',
  'The request of a task': 'request',
  Canvas: 'canvas',
  Results: 'results',
  'Headers of a message': 'headers',
  'Properties of a message': 'properties',
  'Third part of a message’s body': 'embed',
  'Fields of a stored result': 'record',
  'Command line': 'commandLine',
  'Remote control': 'remote',
  Events: 'events',
  Flower: 'flower',
}
const VERDICTS = {
  /** Of these a test must prove what the row says. */
  here: ['same', 'better'],
  /** Of these there is nothing to prove; the row says why, if that is not plain. */
  notHere: ['left out'],
}

type Inventory = Readonly<Record<string, readonly string[]>>

interface Row {
  readonly section: string
  readonly items: readonly string[]
  readonly verdict: string
  readonly remark: string
  readonly proofs: readonly { readonly file: string; readonly test: string }[]
}

async function readRows(): Promise<readonly Row[]> {
  const text = await readFile(document, 'utf8')
  return text.split(/^## /m).flatMap((part) => {
    const [title = '', ...lines] = part.split('\n')
    const section = SECTIONS[title.trim()]
    if (section === undefined) return []
    return lines.filter((line) => line.startsWith('| `')).map((line) => toRow(section, line))
  })
}

function toRow(section: string, line: string): Row {
  const [items = '', verdict = '', remark = '', proofs = ''] = line
    .slice(1, -1)
    .split(' | ')
    .map((cell) => cell.trim())
  return {
    section,
    items: [...items.matchAll(/`([^`]+)`/g)].map(([, name]) => String(name)),
    verdict,
    remark,
    proofs: proofs
      .split('<br>')
      .filter((proof) => proof !== '')
      .map((proof) => {
        const [, file = '', test = ''] = /^`([^`]+)`: (.+)$/.exec(proof) ?? []
        return { file, test }
      }),
  }
}

/** The titles of a file's tests, as they stand there. */
async function titlesIn(file: string): Promise<readonly string[]> {
  const source = await readFile(join(packages, file), 'utf8')
  return [...source.matchAll(/\b(?:it|test)\(\s*(['"`])(.+?)\1,/g)].map(([, , title]) => String(title))
}

async function recorded(): Promise<Inventory> {
  return JSON.parse(await readFile(join(inventory, 'inventory.json'), 'utf8'))
}

describe('docs/celery-compatibility.md', () => {
  it('has one row for everything that Celery has, and none for what it has not', async () => {
    const rows = await readRows()
    const celery = await recorded()
    for (const section of Object.values(SECTIONS)) {
      const named = rows.filter((row) => row.section === section).flatMap(({ items }) => items)
      assert.deepEqual(named.sort(), [...(celery[section] ?? [])].sort(), section)
    }
  })

  it('names for each row that is the same or better a test that exists, and none for the others', async () => {
    const titles = new Map<string, readonly string[]>()
    for (const { items, verdict, proofs } of await readRows()) {
      assert.ok([...VERDICTS.here, ...VERDICTS.notHere].includes(verdict), `${items}: ${verdict}`)
      assert.equal(proofs.length > 0, VERDICTS.here.includes(verdict), `${items} is ${verdict}`)
      for (const { file, test } of proofs) {
        if (!titles.has(file)) titles.set(file, await titlesIn(file))
        assert.ok(titles.get(file)?.includes(test), `${items}: ${file} has no test '${test}'`)
      }
    }
  })

  it('says of every setting of Celery’s that there is here that it is here, and why others are left out', async () => {
    for (const { section, items, verdict, remark } of await readRows()) {
      if (verdict === 'left out') assert.notEqual(remark, '', `${items}: why?`)
      if (section !== 'settings') continue
      for (const name of items.filter((item) => Object.hasOwn(DEFAULTS, toCamelCase(item))))
        assert.ok(VERDICTS.here.includes(verdict), `${name} is a setting, but ${verdict}`)
    }
  })

  it('is about what the installed Celery has', { skip: python.skip }, async () => {
    const script = join(inventory, 'record.py')
    const { stdout } = await promisify(execFile)(python.value, [script])
    assert.deepEqual(JSON.parse(stdout), await recorded())
  })
})
