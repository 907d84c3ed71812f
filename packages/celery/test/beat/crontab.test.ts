import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Crontab, type CrontabOptions, crontab, ImproperlyConfigured } from '../../src/index.ts'

describe('the fields of a crontab', () => {
  const cases: readonly (readonly [CrontabOptions, keyof CrontabOptions, readonly number[]])[] = [
    [{ minute: '*/15' }, 'minute', [0, 15, 30, 45]],
    [{ minute: '1,13,30-33,50-59/4' }, 'minute', [1, 13, 30, 31, 32, 33, 50, 54, 58]],
    [{ minute: 7 }, 'minute', [7]],
    [{ minute: [30, 0] }, 'minute', [0, 30]],
    [{ minute: new Set([30, 0]) }, 'minute', [0, 30]],
    [{ minute: '0, 30' }, 'minute', [0, 30]],
    [{ hour: '*/3,8-17' }, 'hour', [0, 3, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21]],
    [{ hour: '8-17/2' }, 'hour', [8, 10, 12, 14, 16]],
    [{ hour: '22-3' }, 'hour', [0, 1, 2, 3, 22, 23]],
    [{ hour: '22-3/2' }, 'hour', [0, 2, 22]],
    [{ dayOfWeek: 'mon-fri' }, 'dayOfWeek', [1, 2, 3, 4, 5]],
    [{ dayOfWeek: 'thu-mon' }, 'dayOfWeek', [0, 1, 4, 5, 6]],
    [{ dayOfWeek: 'Sunday,TUES' }, 'dayOfWeek', [0, 2]],
    [{ dayOfWeek: 7 }, 'dayOfWeek', [0]],
    [{ dayOfWeek: '5-7' }, 'dayOfWeek', [0, 5, 6]],
    [{ dayOfWeek: '7-2' }, 'dayOfWeek', [0, 1, 2]],
    [{ dayOfMonth: '1-7,15-21' }, 'dayOfMonth', [1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18, 19, 20, 21]],
    [{ dayOfMonth: '*/10' }, 'dayOfMonth', [1, 11, 21, 31]],
    [{ monthOfYear: 'nov-feb' }, 'monthOfYear', [1, 2, 11, 12]],
    [{ monthOfYear: '*/3' }, 'monthOfYear', [1, 4, 7, 10]],
  ]
  for (const [options, name, numbers] of cases) {
    const [[, spec] = []] = Object.entries(options)
    it(`have ${name} ${typeof spec === 'object' ? [...(spec as Iterable<number>)] : spec} as [${numbers}]`, () => {
      assert.deepEqual(crontab(options)[name as 'minute'], numbers)
    })
  }

  const refused: readonly (readonly [CrontabOptions, RegExp])[] = [
    [{ minute: '60' }, /'minute' .* from 0 to 59, but it has '60'/],
    [{ minute: '5/2' }, /'minute' .* a range or '\*' before the '\/'/],
    [{ minute: '*/0' }, /'minute' .* 1 or more after the '\/', but it has '\*\/0'/],
    [{ minute: '*/x' }, /'minute' .* 1 or more after the '\/'/],
    [{ minute: '1,,2' }, /'minute' .* but it has ''/],
    [{ minute: 1.5 }, /'minute' .* whole number from 0 to 59, but it has 1.5/],
    [{ minute: [] }, /'minute' .* at least one number/],
    [{ hour: '-1' }, /'hour'/],
    [{ hour: 'mon' }, /'hour' .* from 0 to 23/],
    [{ dayOfWeek: '8' }, /'dayOfWeek' .* from 0 to 7, or a name such as mon/],
    [{ dayOfWeek: 'mar' }, /'dayOfWeek'/],
    [{ dayOfMonth: 0 }, /'dayOfMonth' .* from 1 to 31/],
    [{ dayOfMonth: 31, monthOfYear: 'feb' }, /31 feb .* on no day of any year/],
    [{ timezone: 'Mars/Olympus' }, /no time zone 'Mars\/Olympus'.*IANA/],
  ]
  for (const [options, message] of refused) {
    it(`are refused when they are ${JSON.stringify(options)}, with the rule`, () => {
      assert.throws(() => crontab(options), { name: ImproperlyConfigured.name, message })
    })
  }
})

describe('a crontab as a line of crontab(5)', () => {
  it('has its fields in that order', () => {
    const { minute, hour, dayOfMonth, monthOfYear, dayOfWeek } = Crontab.fromString(' 1 2  3 4\t5 ')
    assert.deepEqual([minute, hour, dayOfMonth, monthOfYear, dayOfWeek], [[1], [2], [3], [4], [5]])
  })

  it('must have five of them', () => {
    assert.throws(() => Crontab.fromString('* * * *'), /five fields .* has 4/)
  })
})

describe('a day of a crontab', () => {
  it('must fit the day of the month and the day of the week, as in Celery and unlike in cron', () => {
    const friday13 = crontab({ minute: 0, hour: 0, dayOfMonth: 13, dayOfWeek: 'fri' })
    const next = friday13.nextRunAt(Date.parse('2026-02-14T00:00:00Z'), 'UTC') as number
    assert.equal(new Date(next).toISOString(), '2026-03-13T00:00:00.000Z')
  })

  it('is where the crontab’s own time zone is, over that of the app', () => {
    const [seoul, app] = ['Asia/Seoul', undefined].map((timezone) =>
      crontab({ minute: 0, hour: 9, ...(timezone && { timezone }) }).nextRunAt(0, 'Europe/London'),
    )
    assert.deepEqual([seoul, app], [Date.parse('1970-01-02T00:00:00Z'), Date.parse('1970-01-01T08:00:00Z')])
  })
})
