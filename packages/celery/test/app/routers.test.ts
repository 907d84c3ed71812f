import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { LooseRoute } from '../../src/app/route-table.ts'
import { type LooseRoutes, type RoutedCall, routeOf } from '../../src/app/routes.ts'
import { resolveSettings } from '../../src/app/settings.ts'
import { ImproperlyConfigured } from '../../src/index.ts'
import { memoryApp, takeMessage } from '../memory-app.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** Where the routers let a call go. */
function routed(name: string, taskRoutes: LooseRoutes, call: Partial<RoutedCall> = {}) {
  const routes = resolveSettings({ taskRoutes }).taskRoutes
  return routeOf({ args: [], kwargs: {}, options: {}, task: undefined, ...call, name }, routes)
}

describe('a table of routes', () => {
  it('has a task’s own name before any glob, and globs in the order written', async () => {
    const table = {
      'tasks.*': 'all',
      '*': 'rest',
      'tasks.add': 'exact',
      'mail.*.send': { queue: 'mail' },
    }
    assert.deepEqual(await routed('tasks.add', table), { queue: 'exact' })
    assert.deepEqual(await routed('tasks.sub', table), { queue: 'all' })
    assert.deepEqual(await routed('mail.a.send', table), { queue: 'rest' })
  })

  it('has Python’s globs, and takes nothing else for special', async () => {
    for (const [glob, name, fits] of [
      ['tasks.a*', 'tasksXadd', false],
      ['a+b.*', 'a+b.c', true],
      ['*.t?', 'a.tx', true],
      ['*.t?', 'a.t', false],
      ['v[0-9].*', 'v2.cut', true],
      ['v[!0-9].*', 'v2.cut', false],
      ['v[!0-9].*', 'vx.cut', true],
      ['v[.*', 'v[.cut', true],
      ['v?', 'v2', false], // without a star it is a name
    ] as const)
      assert.deepEqual(await routed(name, { [glob]: 'q' }), fits ? { queue: 'q' } : {}, `${glob} ${name}`)
  })

  it('may be pairs or a Map, with regular expressions that fit from the start of a name', async () => {
    const pairs: readonly (readonly [string | RegExp, LooseRoute])[] = [
      [/(video|image)\.tasks\..*/, { queue: 'media' }],
      ['*', 'rest'],
    ]
    assert.deepEqual(await routed('video.tasks.cut', [pairs]), { queue: 'media' })
    assert.deepEqual(await routed('video.tasks.cut', [pairs]), { queue: 'media' })
    assert.deepEqual(await routed('my.video.tasks.cut', [pairs]), { queue: 'rest' })
    assert.deepEqual(await routed('image.tasks.x', new Map(pairs)), { queue: 'media' })
    assert.throws(() => resolveSettings({ taskRoutes: [['a', 'b']] as never }), /not one of pairs/)
  })

  it('has nothing for a task that nothing fits, whatever it is called', async () => {
    for (const name of ['tasks.add', 'constructor', 'toString', '__proto__'])
      assert.deepEqual(await routed(name, {}), {})
  })

  it('takes Celery’s spelling', async () => {
    const route = { exchange: 'x', routing_key: 'k', priority: 3, delivery_mode: 1 }
    assert.deepEqual(await routed('a', { a: route }), {
      ...{ exchange: 'x', routingKey: 'k', priority: 3, deliveryMode: 1 },
    })
    assert.throws(() => resolveSettings({ taskRoutes: { a: { deliveryMode: 'often' } } }), /'deliveryMode'/)
  })
})

describe('a router', () => {
  it('that is a function says what it likes of the call: a route, the name of a queue, or nothing', async () => {
    const asked: unknown[] = []
    const router: LooseRoutes = (...call) => {
      asked.push(call)
      const [name] = call
      if (name === 'a') return { queue: 'routed', priority: 3 }
      return name === 'b' ? Promise.resolve('named') : undefined
    }
    const call = { args: [1], kwargs: { x: 2 }, options: { priority: 9 } }
    assert.deepEqual(await routed('a', router, call), { queue: 'routed', priority: 3 })
    assert.deepEqual(await routed('b', router), { queue: 'named' })
    assert.deepEqual(await routed('c', router), {})
    assert.deepEqual(asked[0], ['a', [1], { x: 2 }, { priority: 9 }, undefined])
  })

  it('that is a function sees the options of the task under those of the call, and the task', async (t) => {
    const asked: unknown[] = []
    const app = memoryApp(t, {
      taskRoutes: (name, _args, _kwargs, options, task) => {
        asked.push([name, options, task?.name])
        return 'routed'
      },
    })
    const own = app.task('own', () => 1, { priority: 4, serializer: 'msgpack', compression: 'gzip' })
    await own.applyAsync({ priority: 5 })
    await app.sendTask('elsewhere')
    assert.deepEqual(asked, [
      ['own', { priority: 5, serializer: 'msgpack', compression: 'gzip' }, 'own'],
      ['elsewhere', {}, undefined],
    ])
    assert.equal((await takeMessage(app, 'routed'))?.properties.priority, 5)
  })

  it('may be an object, or a class of which there is one', async () => {
    let made = 0
    class Router {
      readonly #queue = 'by-class'
      constructor() {
        made += 1
      }
      routeForTask(name: string, args: readonly unknown[], kwargs: object) {
        return name === 'a' ? { queue: `${this.#queue}-${args.length}-${Object.keys(kwargs)}` } : null
      }
    }
    const call = { args: [1, 2], kwargs: { x: 1 } }
    assert.deepEqual(await routed('a', new Router(), call), { queue: 'by-class-2-x' })
    const routes = resolveSettings({ taskRoutes: [Router, { '*': 'rest' }] }).taskRoutes
    const answers = ['a', 'b', 'a'].map((name) =>
      routeOf({ ...call, name, options: {}, task: undefined }, routes),
    )
    assert.deepEqual(await Promise.all(answers), [
      { queue: 'by-class-2-x' },
      { queue: 'rest' },
      { queue: 'by-class-2-x' },
    ])
    assert.equal(made, 2)
  })

  it('may be in a module, which is imported for the first call', async (t) => {
    const module = join(await temporaryFolder(t), 'routing.mjs')
    const later = `${module}:byName`
    const routes = resolveSettings({ taskRoutes: [later, module] }).taskRoutes
    await writeFile(
      module,
      `export const byName = (name) => (name === 'a' ? 'from-function' : undefined)
      export default class { routeForTask() { return 'from-class' } }
      export const table = { 'a.*': 'from-table' }
      export const path = '${module}'`,
    )
    const ask = (name: string) =>
      routeOf({ name, args: [], kwargs: {}, options: {}, task: undefined }, routes)
    assert.deepEqual([await ask('a'), await ask('b')], [{ queue: 'from-function' }, { queue: 'from-class' }])
    assert.deepEqual(await routed('a.b', `${module}:table`), { queue: 'from-table' })
    for (const wrong of [`${module}:none`, `${module}:path`, './no/such/module.js'])
      await assert.rejects(
        routed('a', wrong),
        (error) => error instanceof ImproperlyConfigured && error.message.includes(`'${wrong}'`),
      )
  })

  it('counts in a list only when those before it know nothing', async () => {
    const routers: LooseRoutes = [
      { a: 'first' },
      () => null,
      (name) => (name === 'b' ? 'second' : undefined),
      { '*': 'rest' },
    ]
    const routes = await Promise.all(['a', 'b', 'c'].map((name) => routed(name, routers)))
    assert.deepEqual(
      routes.map(({ queue }) => queue),
      ['first', 'second', 'rest'],
    )
  })

  it('is refused by what is wrong with it: at once, or where it is used', async () => {
    await assert.rejects(
      routed('a', () => ({ que: 'x' }) as never),
      (error) =>
        error instanceof ImproperlyConfigured &&
        /A router of taskRoutes .*'a' .*no field 'que'/.test(error.message),
    )
    assert.throws(
      () => resolveSettings({ taskRoutes: [5 as never] }),
      /must be an object, a function, the path of a module, or a list of these/,
    )
  })
})
