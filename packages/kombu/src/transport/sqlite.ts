/**
 * `sqlite:///relative.sqlite`, `sqlite:////absolute/path.sqlite`: a broker in a file, for the processes of one
 * machine. Nothing to install, and as safe as a server: see `sqlite/store.ts` for what it promises.
 */
import { sqlitePath } from '../sqlite/index.ts'
import { SqliteStore } from './sqlite/store.ts'
import { VirtualTransport } from './virtual/transport.ts'

export const transport = new VirtualTransport({
  driverType: 'sqlite',
  driverName: 'node:sqlite',
  implements: { shared: true },
  open: (url) => SqliteStore.open(sqlitePath(url.href)),
})
