import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { crontab } from '../../src/index.ts'
import { serviceFrom } from '../service.ts'
import { type CrontabText, Dice, randomCrontab } from './random-crontabs.ts'

const python = serviceFrom('PYTHON_VENV')
const ZONES = [
  'UTC',
  'Asia/Seoul',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
]
const YEAR = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

interface Answer {
  readonly expanded: readonly Readonly<Record<string, readonly number[]>>[]
  readonly next: readonly number[]
}

async function ask(question: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const script = join(import.meta.dirname, 'crontab_peer.py')
  const child = execFile(python.value, [script], { maxBuffer: 1e8 }, (error, stdout) =>
    error ? reject(error) : resolve(stdout),
  )
  child.stdin?.end(`${JSON.stringify(question)}\n`)
  return JSON.parse(await promise)
}

const inPython = (text: CrontabText) => ({
  ...{ minute: text.minute, hour: text.hour, day_of_week: text.dayOfWeek },
  ...{ day_of_month: text.dayOfMonth, month_of_year: text.monthOfYear },
})

/** Whether the clocks are changed within some hours of it; what happens then is told in `clock-changes.test.ts`. */
function isNearChange(at: number, zone: string): boolean {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
  const offset = (time: number) =>
    format.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value
  return offset(at - 3 * HOUR) !== offset(at + 3 * HOUR)
}

/** Undefined for one that we refuse because it never runs. */
function parse(text: CrontabText) {
  try {
    return crontab(text)
  } catch (error) {
    if (/on no day of any year/.test(String(error))) return undefined
    throw error
  }
}

describe('a crontab', { skip: python.skip }, () => {
  const dice = new Dice(2026)
  const texts = Array.from({ length: 300 }, () => randomCrontab(dice))

  it('stands for the minutes, hours and days that Python’s Celery makes of it', async () => {
    const { expanded } = await ask({ crontabs: texts.map(inPython), next: [] })
    let compared = 0
    for (const [index, text] of texts.entries()) {
      const ours = parse(text)
      if (ours === undefined) continue
      const {
        minute,
        hour,
        dayOfWeek: day_of_week,
        dayOfMonth: day_of_month,
        monthOfYear: month_of_year,
      } = ours
      assert.deepEqual(
        { minute, hour, day_of_week, day_of_month, month_of_year },
        expanded[index],
        JSON.stringify(text),
      )
      compared += 1
    }
    assert.ok(compared > 250, `${compared} of them`)
  })

  it('is due next when Python’s beat would have it, all over a year and in six time zones', async () => {
    const asked = texts.flatMap((text) => {
      const ours = parse(text)
      return ours === undefined ? [] : [{ text, ours }]
    })
    const questions = asked.flatMap(({ text, ours }) =>
      ZONES.flatMap((zone) =>
        Array.from({ length: 4 }, () => ({
          text,
          ours,
          zone,
          last: YEAR + dice.roll(365 * 24 * 60 * 6) * 10_000,
        })),
      ),
    )
    const next = questions.map(({ text, zone, last }) => [inPython(text), zone, last / 1000])
    const answer = await ask({ crontabs: [], next })
    let compared = 0
    for (const [index, { text, ours, zone, last }] of questions.entries()) {
      const theirs = Number(answer.next[index]) * 1000
      if (isNearChange(last, zone) || isNearChange(theirs, zone)) continue
      const due = ours.nextRunAt(last, zone)
      const what = `${JSON.stringify(text)} in ${zone} after ${new Date(last).toISOString()}`
      assert.equal(due && new Date(due).toISOString(), new Date(theirs).toISOString(), what)
      compared += 1
    }
    assert.ok(compared > 6000, `${compared} of them`)
  })
})
