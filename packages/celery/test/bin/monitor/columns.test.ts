import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { abbreviate, columnsOf, cut, fill, plain, wrap } from '../../../src/bin/monitor/columns.ts'
import { formatRow } from '../../../src/bin/monitor/row.ts'

describe('columns of a terminal', () => {
  it('are two for what is wide, and none for marks', () => {
    assert.deepEqual(['abc', '한국', '日本', '🎤', 'é', ''].map(columnsOf), [3, 4, 4, 2, 1, 0])
  })

  it('are kept when a text is cut, filled or abbreviated', () => {
    assert.deepEqual([cut('한국어', 5), fill('한국어', 5), fill('ab', 4)], ['한국', '한국 ', 'ab  '])
    assert.deepEqual([abbreviate('abcdef', 6), abbreviate('abcdefg', 6)], ['abcdef', 'abc...'])
  })

  it('are never exceeded by lines of a long text, which break between words where they can', () => {
    assert.deepEqual(wrap('one two three', 7), ['one two', 'three'])
    assert.deepEqual(wrap('abcdefgh', 3), ['abc', 'def', 'gh'])
    assert.deepEqual(wrap('한국어', 1), ['한', '국', '어']) // narrower than one letter: it goes on nevertheless
  })

  it('are not moved by what others send', () => {
    assert.equal(plain('a\u001b[2Jb\u0007c\u202Ed\r\ne'), 'ab�c�d��e')
  })
})

describe('a row of the monitor', () => {
  const row = { uuid: 'u'.repeat(36), worker: 'w1@here', time: '12:34:56', state: 'SUCCESS' }

  it('has the widths of Celery’s', () => {
    const [text, state] = formatRow({ ...row, name: 'tasks.add' }, 106)
    assert.equal(
      text + state,
      `${row.uuid} w1@here                  tasks.add                  12:34:56 SUCCESS `,
    )
  })

  it('abbreviates uuid and module where there is no room, and keeps the last part of the name', () => {
    const [text] = formatRow({ ...row, name: 'some.very.long.module.add' }, 66)
    assert.equal(text, 'uuuuuuuuuuuu... w1@here         some.very.[.]add 12:34:56 ')
    assert.match(formatRow({ ...row, name: undefined }, 66)[0], / \?\?\? /)
  })
})
