/** Another process that waits for a topic, with no fallback that could help it, and tells when it is woken. */
import { openSharedDatabase } from '../../src/sqlite/index.ts'

const [path = '', topic = ''] = process.argv.slice(2)
const database = openSharedDatabase(path, '')
const rung = database.wait([topic], new AbortController().signal, 2 ** 31 - 1)
process.send?.('listening')
await rung
process.send?.('woken')
database.close()
process.disconnect()
