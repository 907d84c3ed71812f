import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Key, Keys, type Verbs } from '../../../src/bin/monitor/keys.ts'
import { Model } from '../../../src/bin/monitor/model.ts'
import { lastOffset } from '../../../src/bin/monitor/page-view.ts'
import { write } from '../../../src/bin/monitor/styled.ts'
import { draw, tasksOn } from '../../../src/bin/monitor/view.ts'
import { State } from '../../../src/events/state.ts'
import { EventFactory } from '../../events/event-factory.ts'

const SIZE = { columns: 100, rows: 20 }

/** A screen without a terminal: what is pressed, what is drawn, and what the workers were asked. */
function createScreen(verbs: Partial<Verbs> = {}) {
  const [events, asked] = [new EventFactory(), [] as string[]]
  const model = new Model(new State({ now: () => events.time }))
  model.limit = tasksOn(SIZE)
  const redrawn = Promise.withResolvers<void>()
  const note = (text: string) => {
    asked.push(text)
  }
  const reply = async (text: string, said: object) => {
    note(text)
    return [{ 'w1@host': said }]
  }
  const keys = new Keys(model, {
    beep: () => note('beep'),
    quit: () => note('quit'),
    revoke: (uuid) => reply(`revoke ${uuid}`, { ok: 'flagged' }),
    rateLimit: (task, limit) => reply(`limit ${task} ${limit}`, { error: 'no such' }),
    redraw: redrawn.resolve,
    ...verbs,
  })
  const lines = (painted = (text: string) => text) =>
    draw(model, SIZE).map((line) => write(line, SIZE.columns, painted))
  return {
    ...{ model, asked, redrawn: redrawn.promise, lines },
    screen: () => lines().join('\n'),
    say: (type: string, fields: object) => model.state.event(events.make(type, { ...fields })),
    press: (...names: (string | Key)[]) => {
      for (const key of names) keys.press(typeof key === 'string' ? { name: key, sequence: key } : key)
      if (model.view.kind === 'page') model.lastOffset = lastOffset(model.view, SIZE)
    },
  }
}

function withTasks() {
  const screen = createScreen()
  const received = { name: 'tasks.add', args: '(1,)', kwargs: '{}', retries: 0 }
  for (const uuid of ['first', 'second', 'third']) screen.say('task-received', { uuid, ...received })
  screen.say('task-succeeded', { uuid: 'first', result: '2', runtime: 0.1234 })
  const traceback = 'Traceback:\n  line 1\nValueError: no'
  screen.say('task-failed', { uuid: 'second', exception: "ValueError('no')", traceback })
  return screen // newest first: second, first, third
}

describe('the screen of celery events', () => {
  it('shows tasks, the newest first, with worker and state, and how much there is', () => {
    const { screen, lines } = withTasks()
    const rows = lines().filter((line) => line.includes('tasks.add'))
    assert.deepEqual(
      rows.map((line) => line.slice(1, -1).trim().split(/ +/).toSpliced(3, 1)),
      [
        ['second', 'w1@host', 'tasks.add', 'FAILURE'],
        ['first', 'w1@host', 'tasks.add', 'SUCCESS'],
        ['third', 'w1@host', 'tasks.add', 'RECEIVED'],
      ],
    )
    assert.match(screen(), /UUID +WORKER +TASK +TIME +STATE/)
    assert.match(screen(), /Info: events: 5 tasks:3 workers:1\/1/)
    assert.match(screen(), /No task selected/)
    assert.deepEqual([lines().length, ...new Set(lines().map(({ length }) => length))], [20, 100])
  })

  it('has a colour for each state', () => {
    const painted = withTasks().lines(((text: string, formats: string[]) => `<${formats}:${text}>`) as never)
    assert.match(painted.join('\n'), /<red:FAILURE >[\s\S]*<green:SUCCESS >/)
  })

  it('moves the selection with j, k and the arrows, from one end to the other as well', () => {
    const { press, model, screen } = withTasks()
    const after = (key: string) => {
      press(key)
      return model.selected
    }
    assert.deepEqual(['j', 'down', 'j', 'j'].map(after), ['second', 'first', 'third', 'second'])
    assert.deepEqual(['k', 'up'].map(after), ['third', 'first'])
    assert.match(screen(), /> first/)
    assert.match(screen(), /Selected: args=\(1,\) kwargs=\{\} retries=0 result=2 runtime=0\.12/)
  })

  it('keeps the selection while new tasks come', () => {
    const { press, say, model } = withTasks()
    press('j')
    say('task-received', { uuid: 'fourth', name: 'tasks.add' })
    assert.equal(model.selected, 'second')
  })

  it('shows what is known of a task, its result and its traceback until a key is pressed', () => {
    const { press, screen, asked } = withTasks()
    press('j', 'i')
    assert.match(
      screen(),
      /Task details for second\s+args: \(1,\)[\s\S]+exception: ValueError\('no'\)[\s\S]+state: FAILURE/,
    )
    press('x', 't')
    assert.match(screen(), /Traceback for second\s+Traceback:\s+line 1\s+ValueError: no\s+Press any key/)
    press('x', 'j', 'r')
    assert.match(screen(), /Task Result for first\s+2\s/)
    press('x', 't') // of a task that did not fail
    assert.deepEqual([asked, /UUID/.test(screen())], [['beep'], true])
  })

  it('beeps where there is nothing to do', () => {
    const { press, asked } = createScreen()
    press('j', 'r', 't', 'i', 'c', 'l')
    assert.deepEqual(asked, Array(5).fill('beep'))
  })

  it('scrolls what is longer than the screen, and not further than its end', () => {
    const { press, say, screen, model } = createScreen()
    const traceback = Array.from({ length: 30 }, (_, n) => `line ${n}.`).join('\n')
    say('task-failed', { uuid: 'a', exception: 'no', traceback })
    press('j', 't')
    assert.match(
      screen(),
      /line 0\.[\s\S]+line 15\.\s+Press any key to continue\.\.\. \(j, k: there is more\)/,
    )
    for (let presses = 0; presses < 40; presses += 1) press('j')
    assert.match(screen(), /line 14\.[\s\S]+line 29\.\s+Press any key to continue\.\.\.\s*$/)
    press('k')
    assert.match(screen(), /\s+line 13\./)
    press('escape')
    assert.equal(model.view.kind, 'tasks')
  })

  it('revokes the selected task and shows what the workers say', async () => {
    const { press, screen, asked, redrawn } = withTasks()
    press('j', 'c')
    assert.match(screen(), /asking the workers/)
    await redrawn
    assert.deepEqual(asked, ['revoke second'])
    assert.match(screen(), /Remote Control Command Replies\s+w1@host: flagged/)
  })

  it('asks for a rate limit, which can be mended or not given at all', async () => {
    const { press, screen, asked, redrawn } = withTasks()
    press('j', 'l', '5', 'j', 'backspace')
    assert.match(screen(), /New rate limit: 5_/)
    press('escape', 'l', 'return')
    assert.deepEqual([asked, /Keys: /.test(screen())], [[], true])
    press('l', '9', { sequence: '/' }, 's', 'return')
    await redrawn
    assert.deepEqual(asked, ['limit tasks.add 9/s'])
    assert.match(screen(), /w1@host: no such/)
  })

  it('says when workers could not be asked, or did not reply', async () => {
    const lost = createScreen({ revoke: () => Promise.reject(new Error('no broker')) })
    const nobody = createScreen({ revoke: async () => [] })
    for (const { say, press, redrawn } of [lost, nobody]) {
      say('task-received', { uuid: 'a', name: 'x' })
      press('j', 'c')
      await redrawn
    }
    assert.match(lost.screen(), /no broker/)
    assert.match(nobody.screen(), /No replies received in 1s deadline\./)
  })

  it('shows the workers, its keys, and quits', () => {
    const { say, press, screen, asked } = createScreen()
    press('w')
    assert.match(screen(), /No workers discovered\./)
    say('worker-heartbeat', {
      freq: 2,
      active: 1,
      processed: 7,
      loadavg: [1, 2, 3],
      sw_ident: 'py',
      sw_ver: '5',
    })
    press('x', 'w')
    assert.match(screen(), /w1@host: online active=1 processed=7 load=1 2 3 py 5/)
    press('x', '?')
    assert.match(screen(), /c: revoke it/)
    press('x', 'q', { name: 'c', ctrl: true })
    assert.deepEqual(asked, ['quit', 'quit'])
  })

  it('says what it needs when it is too small', () => {
    const lines = draw(new Model(new State()), { columns: 40, rows: 5 })
    assert.deepEqual([lines.length, lines[0]?.[0]?.[0]], [5, 'This needs 60 columns and 12 rows.'])
  })
})
