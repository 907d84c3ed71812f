import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IdleChildren } from '../../src/concurrency/idle-children.ts'

interface Named {
  readonly name: string
}

/** Children that are idle, the last one worked last; `run` gives one a job and has it back. */
function idleNamed(...names: readonly string[]) {
  const idle = new IdleChildren<Named>()
  for (const name of names) idle.add({ name })
  const run = (...keys: readonly string[]) => {
    const child = idle.takeFor(keys)
    assert.ok(child)
    idle.remember(child, keys)
    idle.add(child)
    return child.name
  }
  return { idle, run }
}

describe('the idle children of a pool', () => {
  it('give a job without keys to the one that worked last', () => {
    const { run } = idleNamed('a', 'b', 'c')
    assert.deepEqual([run(), run()], ['c', 'c'])
  })

  it('give a job to the one that had its key, and new keys to the one with the fewest', () => {
    const { run } = idleNamed('a', 'b', 'c')
    assert.deepEqual(
      ['1', '2', '3'].map((key) => run(key)),
      ['c', 'b', 'a'],
    )
    assert.deepEqual(
      ['1', '2', '3', '1'].map((key) => run(key)),
      ['c', 'b', 'a', 'c'],
    )
  })

  it('look for the second key where nobody has the first', () => {
    const { run } = idleNamed('a', 'b')
    assert.equal(run('ann', 'piper'), 'b')
    assert.equal(run('bob', 'kokoro'), 'a')
    assert.equal(run('cid', 'piper'), 'b')
    assert.equal(run('bob', 'piper'), 'a', 'the first key counts more')
  })

  it('do not wait for one that is busy', () => {
    const { idle, run } = idleNamed('a', 'b')
    assert.equal(run('1'), 'b')
    const busy = idle.takeFor(['1'])
    assert.deepEqual([busy?.name, run('1')], ['b', 'a'])
    assert.deepEqual([idle.takeFor(['1'])?.name, idle.takeFor(['1'])], ['a', undefined])
  })

  it('forget the keys that were used least lately', () => {
    const { idle, run } = idleNamed('a', 'b')
    assert.equal(run('first'), 'b')
    const other = idle.takeFor(['other'])
    for (let index = 0; index < 255; index += 1) run(`key ${index}`)
    run('first')
    run('one more')
    if (other) idle.add(other)
    assert.deepEqual([run('first'), run('key 1')], ['b', 'b'])
    assert.equal(run('key 0'), 'a', 'which is the one key too many')
  })

  it('count jobs whose first key was remembered, and those whose was not', () => {
    const { idle, run } = idleNamed('a')
    run()
    run('1', 'x')
    run('2', 'x')
    run('1')
    assert.deepEqual([idle.hits, idle.misses], [1, 2])
  })
})
