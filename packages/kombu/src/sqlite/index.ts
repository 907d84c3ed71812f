export { openSharedDatabase, SharedDatabase } from './database.ts'
export { Holder } from './holder.ts'
export { sqlitePath } from './path.ts'
