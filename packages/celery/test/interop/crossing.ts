/** What works between Python Celery and us, in both directions, over each broker that both have. */
import { after, before, describe } from 'node:test'
import { Border, type BrokerName, skipWithout } from './border.ts'
import { callsCross } from './crossing/calls.ts'
import { commandLinesCross } from './crossing/command-lines.ts'
import { controlCrosses } from './crossing/control.ts'
import { errorsCross } from './crossing/errors.ts'
import { resultsCross } from './crossing/results.ts'
import { valuesCross } from './crossing/values.ts'

export function everythingCrosses(broker: BrokerName): void {
  describe(`with Python Celery over ${broker}`, { skip: skipWithout(broker), timeout: 480_000 }, () => {
    let border: Border
    const at = () => border
    before(async () => {
      border = await Border.open(broker)
    })
    after(() => border.close())

    callsCross(at)
    valuesCross(at)
    errorsCross(at)
    controlCrosses(at)
    commandLinesCross(at)
    resultsCross(at)
  })
}
