/** A process of its own that spends, one request at a time, until it is refused; prints how often it was not. */
import { Meter } from '../../src/access/meter.ts'
import { QuotaExceededError } from '../../src/exceptions.ts'
import { openRecords } from '../../src/records.ts'

const [url = '', callerId = '', limit = '', amount = ''] = process.argv.slice(2)
await using records = await openRecords(url, {
  onConnectionError: (error) => {
    throw error
  },
})
const quota = { unit: 'characters', limit: Number(limit), windowSeconds: 86_400 } as const
let granted = 0
try {
  for (;;) {
    await new Meter(records, callerId, [quota]).spend('characters', Number(amount))
    granted += 1
  }
} catch (error) {
  if (!(error instanceof QuotaExceededError)) throw error
}
console.log(granted)
