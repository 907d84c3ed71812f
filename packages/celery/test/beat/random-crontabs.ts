/** Crontabs of all shapes that Celery's grammar has, the same ones in each run. */
import type { CronField } from '../../src/beat/crontab-field.ts'
import { CRON_FIELDS } from '../../src/beat/crontab-field.ts'

export type CrontabText = Readonly<Record<keyof typeof CRON_FIELDS, string>>

/** A sequence of numbers from 0 up to 1 that begins with a seed (a linear congruential generator). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A whole number from 0 to below `sides`. */
  roll(sides: number): number {
    this.#state = (this.#state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return Math.floor((this.#state / 2 ** 32) * sides)
  }

  choose<T>(items: readonly T[]): T {
    return items[this.roll(items.length)] as T
  }
}

/** With at most one part in most fields, so that there are days on which all of them fit. */
export function randomCrontab(dice: Dice): CrontabText {
  const text = (field: CronField, stars: number) => (dice.roll(10) < stars ? '*' : randomField(dice, field))
  return {
    minute: text(CRON_FIELDS.minute, 2),
    hour: text(CRON_FIELDS.hour, 4),
    dayOfWeek: text(CRON_FIELDS.dayOfWeek, 6),
    dayOfMonth: text(CRON_FIELDS.dayOfMonth, 7),
    monthOfYear: text(CRON_FIELDS.monthOfYear, 7),
  }
}

function randomField(dice: Dice, field: CronField): string {
  return Array.from({ length: 1 + dice.roll(3) }, () => randomPart(dice, field)).join(',')
}

function randomPart(dice: Dice, field: CronField): string {
  const range = () => `${randomNumber(dice, field)}-${randomNumber(dice, field)}`
  const step = () => 1 + dice.roll(field.max)
  return dice.choose([
    () => randomNumber(dice, field),
    () => randomNumber(dice, field),
    range,
    () => `${range()}/${step()}`,
    () => `*/${step()}`,
  ])()
}

/** Or a name, where the field has names. */
function randomNumber(dice: Dice, { min, max, names }: CronField): string {
  const position = dice.roll(max - min + 1)
  const name = names?.[position]
  return name !== undefined && dice.roll(3) === 0
    ? dice.choose([name, name.toUpperCase()])
    : String(position + min)
}
