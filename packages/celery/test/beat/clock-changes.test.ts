/** What a crontab does on the days when the clocks are changed: the rules are in the comment of `Crontab`. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CrontabOptions, crontab, schedule } from '../../src/index.ts'

/** When it is due from midnight to midnight of a day, as UTC. */
function runsOn(options: CrontabOptions, zone: string, from: string, to: string): string[] {
  const runs: string[] = []
  const [begin, end] = [Date.parse(from), Date.parse(to)]
  const entry = crontab(options)
  for (
    let at = entry.nextRunAt(begin - 1, zone);
    at !== undefined && at < end;
    at = entry.nextRunAt(at, zone)
  )
    runs.push(new Date(at).toISOString().slice(11, 16))
  return runs
}

/** 02:00 becomes 03:00, at 01:00 UTC. */
const spring = (options: CrontabOptions) =>
  runsOn(options, 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')

/** 03:00 becomes 02:00, at 01:00 UTC. */
const autumn = (options: CrontabOptions) =>
  runsOn(options, 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')

describe('in the hour that is missing', () => {
  it('a time runs once, at its end', () => {
    assert.deepEqual(spring({ minute: 30, hour: 2 }), ['01:00'])
  })

  it('several times run once, together', () => {
    assert.deepEqual(spring({ minute: '*/15', hour: 2 }), ['01:00'])
    assert.deepEqual(spring({ minute: 0, hour: '1-4' }), ['00:00', '01:00', '02:00'])
  })

  it('what runs each hour has nothing to make up for', () => {
    const runs = spring({ minute: 30 })
    assert.equal(runs.length, 23)
    assert.deepEqual(runs.slice(1, 4), ['00:30', '01:30', '02:30'])
  })
})

describe('in the hour that comes twice', () => {
  it('a time runs the first time only', () => {
    assert.deepEqual(autumn({ minute: 30, hour: 2 }), ['00:30'])
    assert.deepEqual(autumn({ minute: '*/30', hour: '1-3' }), [
      '23:00',
      '23:30',
      '00:00',
      '00:30',
      '02:00',
      '02:30',
    ])
  })

  it('what runs each hour runs in both', () => {
    assert.equal(autumn({ minute: '*/15' }).length, 25 * 4)
  })

  it('a time in it is over when beat comes to it the second time', () => {
    const next = crontab({ minute: 30, hour: 2 }).nextRunAt(
      Date.parse('2026-10-25T01:10:00Z'),
      'Europe/Berlin',
    )
    assert.equal(next, Date.parse('2026-10-26T01:30:00Z'))
  })
})

describe('an interval', () => {
  it('of a day is 24 hours, whatever the clocks do', () => {
    const last = Date.parse('2026-03-28T12:00:00Z')
    assert.equal(schedule(86_400).nextRunAt(last, 'Europe/Berlin') - last, 86_400_000)
  })

  it('that is relative is rounded to its resolution where the time zone has it', () => {
    const relative = (seconds: number, last: string) =>
      new Date(
        schedule(seconds, { relative: true }).nextRunAt(Date.parse(last), 'Asia/Kathmandu'),
      ).toISOString()
    assert.equal(relative(86_400, '2026-05-01T12:34:56.789Z'), '2026-05-01T18:15:00.000Z') // midnight of the 2nd there
    assert.equal(relative(7_200, '2026-05-01T12:34:56.789Z'), '2026-05-01T14:15:00.000Z')
    assert.equal(relative(90, '2026-05-01T12:34:56.789Z'), '2026-05-01T12:36:00.000Z')
    assert.equal(relative(30, '2026-05-01T12:34:56.789Z'), '2026-05-01T12:35:26.000Z')
  })

  it('that is relative begins its day where the day begins, also when the clocks were changed in it', () => {
    const next = schedule(86_400, { relative: true }).nextRunAt(
      Date.parse('2026-03-28T12:00:00Z'),
      'Europe/Berlin',
    )
    assert.equal(new Date(next).toISOString(), '2026-03-28T23:00:00.000Z')
  })
})
