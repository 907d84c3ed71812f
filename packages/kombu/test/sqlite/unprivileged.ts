/** Opens a database as a user to whom file permissions apply, and tells what is said about it. */
import { openSharedDatabase } from '../../src/sqlite/index.ts'

if (process.getuid?.() === 0) process.setuid?.(65534)
try {
  openSharedDatabase(String(process.argv[2]), 'CREATE TABLE IF NOT EXISTS note (text TEXT)').close()
  process.send?.('opened')
} catch (error) {
  process.send?.(String(error))
}
process.disconnect()
