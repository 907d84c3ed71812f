import { RuleBroken, type Setting } from '../app/setting.ts'
import type { SchedulerClass } from './scheduler.ts'
import { isTimeZone } from './time-zone.ts'

/** The setting `timezone`. */
export function timezoneSetting(help: string): Setting<string> {
  return {
    default: 'UTC',
    unit: undefined,
    help,
    parse: (value) => {
      if (isTimeZone(value)) return value
      throw new RuleBroken('must be the IANA name of a time zone, such as Europe/Berlin')
    },
  }
}

/** The setting `beatScheduler`: a class, or where to find one; Python's own names mean the one that is built in. */
export function schedulerSetting(help: string): Setting<string | SchedulerClass> {
  return {
    default: '',
    unit: undefined,
    help,
    parse: (value) => {
      if (typeof value === 'function') return value as SchedulerClass
      if (typeof value === 'string' && /^$|^celery\.beat[:.]|\.[cm]?[jt]s(?::\w+)?$/.test(value)) return value
      throw new RuleBroken(
        'must be a class that extends Scheduler, or the path of a module, such as ./scheduler.ts:Mine',
      )
    },
  }
}
